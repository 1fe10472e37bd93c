#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/net/loop.h"
#include "lib/rpc/exchange_client.h"
#include "lib/rpc/exchange_handler.h"
#include "lib/rpc/exchange_server.h"

// An edge's client and an origin's server in one process, over a loopback port.

namespace atl::rpc::test {

class World;

// Writes down what one exchange heard.
class Recorder final : public ExchangeObserver {
 public:
  explicit Recorder(World& world) : world_(world) {}

  void on_informational(uint16_t status, std::string_view fields) override;
  void on_head(const ExchangeResponseHead& head) override;
  void on_body(std::string chunk) override;
  void on_end(std::string_view trailers) override;
  void on_failure(const ExchangeFailure& failure) override;
  void on_request_writable() override;

  bool over() const { return ended || failure; }

  std::vector<std::pair<uint16_t, std::string>> informational;
  uint16_t status = 0;
  std::string reason;
  std::string fields;
  std::optional<uint64_t> body_length;
  std::string body;
  size_t body_bytes = 0;
  bool keep_body = true;
  bool ended = false;
  std::string trailers;
  std::optional<ExchangeFailure> failure;
  int heads = 0;
  int last_calls = 0;
  int writable = 0;
  std::function<void()> at_head;  // inside the callback
  std::function<void()> at_body;

 private:
  World& world_;
};

// The source's half, in the hands of a test. Any thread.
class Scripted final : public ExchangeHandler {
 public:
  Scripted(World& world, std::shared_ptr<const OriginRequest> for_request,
           std::shared_ptr<ExchangeResponder> to)
      : request(std::move(for_request)), responder(std::move(to)), world_(world) {}

  void on_writable() override;
  void on_body(std::string piece) override;
  void on_body_end(std::string trailers) override;
  void on_cancel() override;

  const std::shared_ptr<const OriginRequest> request;
  const std::shared_ptr<ExchangeResponder> responder;

  // Read through World::locked().
  int writable = 0;
  bool cancelled = false;
  std::string body;
  std::optional<std::string> body_end;
  std::function<void()> at_writable;  // set before the handler is returned
  bool read_on = false;               // asks for the next piece at once

 private:
  World& world_;
};

class World final : public ExchangeService {
 public:
  using Script = std::function<void(Scripted&)>;

  explicit World(ServerOptions options = {});
  ~World() override;

  // Whatever is asked goes to `script`, inside open().
  Script script;

  void start_server();  // again, on the port of the first time
  void stop_server();
  std::string endpoint() const { return "127.0.0.1:" + std::to_string(port_); }

  ExchangeHead get(std::string_view target = "/") const;
  std::unique_ptr<ExchangeCall> open(const ExchangeHead& head, Recorder& recorder);

  // Turns the loop until `condition` holds; false after ten seconds.
  bool run_until(const std::function<bool()>& condition);
  // Any thread: look at the condition again. By post(), because run() forgets an earlier stop().
  void poke() {
    loop.post([this] { loop.stop(); });
  }

  template <class Function>
  auto locked(Function&& function) {
    const std::lock_guard lock(mutex);
    return function();
  }
  std::vector<std::shared_ptr<Scripted>> handlers();  // in the order of their requests

  std::shared_ptr<ExchangeHandler> open(std::shared_ptr<const OriginRequest> request,
                                        std::shared_ptr<ExchangeResponder> responder) override;
  std::vector<SourceStatus> describe() override { return {{"s", "scripted", true, ""}}; }

  std::mutex mutex;
  net::Loop loop;
  std::unique_ptr<ExchangeServer> server;
  std::unique_ptr<ExchangeClient> client;

 private:
  ServerOptions options_;
  uint16_t port_ = 0;
  std::vector<std::shared_ptr<Scripted>> handlers_;
};

// A whole answer.
void answer(ExchangeResponder& responder, uint16_t status, std::string body,
            std::string fields = "X-A: 1\r\n");

}  // namespace atl::rpc::test
