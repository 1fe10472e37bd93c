#pragma once

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "lib/rpc/guests.h"
#include "lib/rpc/server_exchange.h"
#include "proto/origin.grpc.pb.h"

// The server's gRPC streams. Each keeps itself alive until gRPC is done with it. Any thread.

namespace atl::rpc {

// `head` as the service sees it; null and a reason in `failure` when it breaks the contract.
std::shared_ptr<const OriginRequest> decode(v1::RequestHead head, const ServerOptions& options,
                                            ExchangeFailure& failure);

class MuxReactor final
    : public grpc::ServerBidiReactor<v1::MultiplexRequest, v1::MultiplexResponse>,
      public Carrier,
      public Guest,
      public std::enable_shared_from_this<MuxReactor> {
 public:
  // `caller`: null without mutual TLS.
  static std::shared_ptr<MuxReactor> start(std::shared_ptr<ServerCore> core,
                                           std::shared_ptr<const trust::Caller> caller);
  explicit MuxReactor(std::shared_ptr<ServerCore> core) : core_(std::move(core)) {}

  // Ends the stream once no exchange is open on it.
  void drain();

  void ready(const std::shared_ptr<ServerExchange>& exchange) override;
  void want_body() override {}  // it came whole
  void evict() override { break_off(); }

 private:
  using Exchanges = std::unordered_map<uint64_t, std::shared_ptr<ServerExchange>>;

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override { break_off(); }
  void OnDone() override;

  void open(v1::MultiplexRequest::Open& open);
  void cancel(uint64_t id);
  void refuse(uint64_t id, ExchangeFailure failure);
  void read_or_hold();  // no read is under way; lock held
  void pump();
  bool fill(v1::MultiplexResponse& message, std::vector<std::shared_ptr<ServerExchange>> taken);
  void break_off();       // the edge is gone: what is open is cancelled
  void finish_if_over();  // lock held

  const std::shared_ptr<ServerCore> core_;
  Guests::Stay stay_;
  v1::MultiplexRequest incoming_;
  v1::MultiplexResponse outgoing_;

  std::mutex mutex_;
  Exchanges open_;
  // Behind tickets, so that they can be cancelled by id.
  std::unordered_map<uint64_t, std::weak_ptr<ServerExchange>> parked_;
  std::vector<std::shared_ptr<ServerExchange>> ready_;
  std::vector<v1::MultiplexResponse::Answer> refusals_;
  bool corked_ = false;  // a batch of requests is being opened: answers wait for one another
  bool writing_ = true;  // the limits, from the start
  bool read_held_ = false;
  bool broken_ = false;
  bool draining_ = false;
  bool finished_ = false;
  std::shared_ptr<MuxReactor> self_;
};

class ExchangeReactor final
    : public grpc::ServerBidiReactor<v1::ExchangeRequest, v1::ExchangeResponse>,
      public Carrier,
      public Guest,
      public std::enable_shared_from_this<ExchangeReactor> {
 public:
  // `caller`: null without mutual TLS.
  static std::shared_ptr<ExchangeReactor> start(std::shared_ptr<ServerCore> core,
                                                std::shared_ptr<const trust::Caller> caller);
  explicit ExchangeReactor(std::shared_ptr<ServerCore> core) : core_(std::move(core)) {}

  void ready(const std::shared_ptr<ServerExchange>& exchange) override;
  void want_body() override;
  void evict() override { OnCancel(); }

 private:
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  void begin();
  void refuse(ExchangeFailure failure);
  void pump();
  void finish(grpc::Status status);  // once; lock held
  std::shared_ptr<ServerExchange> exchange();

  const std::shared_ptr<ServerCore> core_;
  Guests::Stay stay_;
  v1::ExchangeRequest incoming_;
  v1::ExchangeResponse outgoing_;

  std::mutex mutex_;
  std::shared_ptr<ServerExchange> exchange_;
  bool begun_ = false;   // the first message came
  bool reading_ = true;  // likewise, from the start
  bool writing_ = false;
  bool ready_ = false;  // there may be something to write
  bool broken_ = false;
  bool finished_ = false;
  std::shared_ptr<ExchangeReactor> self_;
};

}  // namespace atl::rpc
