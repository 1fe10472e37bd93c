#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "lib/rpc/exchange_handler.h"
#include "origin/sources/representation.h"
#include "origin/sources/task_pool.h"

namespace atl::origin {

// An answer that a TaskPool produces piece by piece, as fast as the responder takes it. At most one
// task of it is queued or running, so what a subclass overrides needs no lock.
class PumpedExchange : public rpc::ExchangeHandler,
                       public std::enable_shared_from_this<PumpedExchange> {
 public:
  PumpedExchange(TaskPool& pool, std::shared_ptr<const rpc::OriginRequest> request,
                 std::shared_ptr<rpc::ExchangeResponder> responder);

  void begin();       // on the pool
  void begin_here();  // on this thread, as far as it goes

  void on_writable() override { begin(); }
  void on_body(std::string) override {}  // never asked for: GET and HEAD have no use for one
  void on_body_end(std::string) override {}
  void on_cancel() override { cancelled_ = true; }

 protected:
  using Failed = std::optional<rpc::ExchangeFailure>;

  const rpc::OriginRequest& request() const { return *request_; }

  // Decides what to answer; nothing when it cannot be answered, with the reason in `failure`.
  virtual std::optional<Plan> prepare(rpc::ExchangeFailure& failure) = 0;
  // Produces bytes [offset, offset + size) of the representation.
  virtual Failed fill(uint64_t offset, char* out, size_t size) = 0;
  // The last byte was produced; whether the whole is good.
  virtual Failed check_end() { return std::nullopt; }

 private:
  void run();
  bool send_head();
  void send_body();

  TaskPool& pool_;
  const std::shared_ptr<const rpc::OriginRequest> request_;
  const std::shared_ptr<rpc::ExchangeResponder> responder_;
  std::atomic<bool> cancelled_{false};
  std::optional<Plan> plan_;  // once the head has gone
};

}  // namespace atl::origin
