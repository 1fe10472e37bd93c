#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/net/loop.h"
#include "lib/rpc/exchange_client.h"

namespace atl::test {

// One exchange that an edge opened, seen from the origin. The answering calls are made on the loop
// of the exchange; those made after it was cancelled do nothing.
class FakeCall {
 public:
  FakeCall(net::Loop& loop, std::string_view endpoint, const rpc::ExchangeHead& head,
           rpc::ExchangeObserver& observer);

  // As it was opened.
  const std::string endpoint;
  const std::string method;
  const std::string authority;
  const std::string target;
  const std::string fields;
  const std::string client_address;
  const std::optional<uint64_t> body_length;

  bool has(std::string_view field_line) const {
    return fields.find(field_line) != std::string::npos;
  }

  // Answering. `fields`: "Name: value\r\n"...
  void inform(uint16_t status, std::string_view lines);
  void head(uint16_t status, std::string_view lines, std::optional<uint64_t> length);
  void body(std::string bytes);
  void end(std::string_view trailers = {});
  void fail(rpc::FailureReason reason, bool request_seen, std::string detail = {});
  // Head, body and end at once.
  void answer(uint16_t status, std::string_view lines, std::string body = {});
  void request_writable();

  net::Loop& loop() { return loop_; }
  bool cancelled() const { return observer_ == nullptr && !ended_; }
  bool ended() const { return ended_; }
  bool paused() const { return paused_; }
  bool request_complete() const { return request_complete_; }
  const std::string& request_body() const { return request_body_; }
  // Called when the edge resumes.
  std::function<void()> on_resume;
  // What send_body() returns.
  bool takes_more = true;

 private:
  friend class FakeClient;
  net::Loop& loop_;
  rpc::ExchangeObserver* observer_;
  bool ended_ = false;
  bool paused_ = false;
  bool request_complete_ = false;
  std::string request_body_;
};
using FakeCallPtr = std::shared_ptr<FakeCall>;

// The origins of a test: hears of every exchange, from clients on any loop.
class FakeOrigin {
 public:
  // Called on the exchange's loop, in a turn after it was opened. Set before the first exchange.
  std::function<void(const FakeCallPtr&)> on_open;

  size_t opened() const;
  // The exchanges so far, in the order in which they were opened.
  std::vector<FakeCallPtr> calls() const;
  FakeCallPtr call(size_t index) const { return calls().at(index); }
  // Endpoints that clients should say are down.
  void set_down(std::string endpoint);
  std::optional<bool> reachable(std::string_view endpoint) const;

 private:
  friend class FakeClient;
  void add(const FakeCallPtr& call);

  mutable std::mutex mutex_;
  std::vector<FakeCallPtr> calls_;
  std::vector<std::string> down_;
};

// A client of `origin` for one loop.
std::unique_ptr<rpc::ExchangeClient> make_fake_client(net::Loop& loop, FakeOrigin& origin);

}  // namespace atl::test
