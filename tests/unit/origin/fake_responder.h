#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/rpc/exchange_handler.h"
#include "origin/sources/source.h"

namespace atl::origin::test {

// Hears a source's answer, and takes as much of it as the test allows. Any thread.
class FakeResponder final : public rpc::ExchangeResponder {
 public:
  void inform(uint16_t status, std::string_view fields) override {
    change([&] { informational.emplace_back(status, fields); });
  }
  bool head(rpc::OriginResponse given) override {
    bool room = true;
    change([&] {
      response = std::move(given);
      ++heads;
      room = capacity > 0;
    });
    return room;
  }
  bool write(std::string piece) override {
    bool room = true;
    change([&] {
      written += piece.size();
      largest = std::max(largest, piece.size());
      if (keep) body += piece;
      room = written < capacity;
    });
    return room;
  }
  void end(std::string given) override {
    change([&] {
      trailers = std::move(given);
      ++last_calls;
    });
  }
  void fail(rpc::ExchangeFailure given) override {
    change([&] {
      failure = std::move(given);
      ++last_calls;
    });
  }
  void read_body() override {
    change([&] { ++body_reads; });
  }
  void request_sent() override {
    change([&] { sent = true; });
  }

  // True when `condition` came to hold within ten seconds; it is looked at under the lock.
  template <class Condition>
  bool wait(Condition&& condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), condition);
  }
  bool wait_over() {
    return wait([&] { return last_calls > 0; });
  }
  template <class Function>
  void change(Function&& function) {
    {
      const std::lock_guard lock(mutex_);
      function();
    }
    changed_.notify_all();
  }

  // Under the lock, or after the end.
  rpc::OriginResponse response;
  int heads = 0;
  std::vector<std::pair<uint16_t, std::string>> informational;
  std::string body;
  bool keep = true;
  uint64_t written = 0;
  size_t largest = 0;
  uint64_t capacity = UINT64_MAX;  // write() says no from here on
  std::optional<std::string> trailers;
  std::optional<rpc::ExchangeFailure> failure;
  int last_calls = 0;
  int body_reads = 0;
  bool sent = false;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

inline std::shared_ptr<rpc::OriginRequest> request_for(std::string method, std::string target,
                                                       std::string fields = {}) {
  auto request = std::make_shared<rpc::OriginRequest>();
  request->method = std::move(method);
  request->target = std::move(target);
  request->fields = std::move(fields);
  request->scheme = "http";
  request->authority = "www.example.org";
  return request;
}

// Asks, and waits for the end.
inline std::shared_ptr<FakeResponder> ask(Source& source,
                                          std::shared_ptr<const rpc::OriginRequest> request) {
  auto responder = std::make_shared<FakeResponder>();
  const auto handler = source.open(std::move(request), responder);
  responder->wait_over();
  return responder;
}

}  // namespace atl::origin::test
