#include "tests/unit/lib/rpc/exchange_world.h"

#include <stdexcept>
#include <utility>

namespace atl::rpc::test {

void Recorder::on_informational(uint16_t code, std::string_view lines) {
  informational.emplace_back(code, lines);
  world_.poke();
}
void Recorder::on_head(const ExchangeResponseHead& head) {
  ++heads;
  status = head.status;
  reason = head.reason;
  fields = head.fields;
  body_length = head.body_length;
  world_.poke();
  if (at_head) at_head();
}
void Recorder::on_body(std::string chunk) {
  body_bytes += chunk.size();
  if (keep_body) body += chunk;
  world_.poke();
  if (at_body) at_body();
}
void Recorder::on_end(std::string_view lines) {
  ++last_calls;
  ended = true;
  trailers = lines;
  world_.poke();
}
void Recorder::on_failure(const ExchangeFailure& why) {
  ++last_calls;
  failure = why;
  world_.poke();
}
void Recorder::on_request_writable() {
  ++writable;
  world_.poke();
}

void Scripted::on_writable() {
  {
    const std::lock_guard lock(world_.mutex);
    ++writable;
  }
  if (at_writable) at_writable();
  world_.poke();
}
void Scripted::on_body(std::string piece) {
  {
    const std::lock_guard lock(world_.mutex);
    body += piece;
  }
  if (read_on) responder->read_body();
  world_.poke();
}
void Scripted::on_body_end(std::string trailers) {
  {
    const std::lock_guard lock(world_.mutex);
    body_end = std::move(trailers);
  }
  world_.poke();
}
void Scripted::on_cancel() {
  {
    const std::lock_guard lock(world_.mutex);
    cancelled = true;
  }
  world_.poke();
}

World::World(ServerOptions options) : options_(std::move(options)) {
  options_.listen = "127.0.0.1:0";
  start_server();
  client = make_exchange_client(loop);
}

World::~World() {
  client.reset();
  server.reset();
}

void World::start_server() {
  if (port_ != 0) options_.listen = endpoint();
  auto started = ExchangeServer::start(options_, *this);
  if (!started) throw std::runtime_error(started.error());
  server = std::move(*started);
  port_ = server->port();
}

void World::stop_server() { server.reset(); }

ExchangeHead World::get(std::string_view target) const {
  ExchangeHead head;
  head.source = "s";
  head.method = "GET";
  head.scheme = "http";
  head.authority = "example.org";
  head.target = target;
  return head;
}

std::unique_ptr<ExchangeCall> World::open(const ExchangeHead& head, Recorder& recorder) {
  return client->open(endpoint(), head, recorder);
}

bool World::run_until(const std::function<bool()>& condition) {
  bool late = false;
  net::Timer watchdog(loop, [&] {
    late = true;
    loop.stop();
  });
  watchdog.start(std::chrono::seconds(10));
  while (!condition() && !late) loop.run();
  return condition();
}

std::vector<std::shared_ptr<Scripted>> World::handlers() {
  const std::lock_guard lock(mutex);
  return handlers_;
}

std::shared_ptr<ExchangeHandler> World::open(std::shared_ptr<const OriginRequest> request,
                                             std::shared_ptr<ExchangeResponder> responder) {
  auto handler = std::make_shared<Scripted>(*this, std::move(request), std::move(responder));
  {
    const std::lock_guard lock(mutex);
    handlers_.push_back(handler);
  }
  if (script) script(*handler);
  poke();
  return handler;
}

void answer(ExchangeResponder& responder, uint16_t status, std::string body, std::string fields) {
  OriginResponse response;
  response.status = status;
  response.reason = "Because";
  response.fields = std::move(fields);
  response.body_length = body.size();
  responder.head(std::move(response));
  if (!body.empty()) responder.write(std::move(body));
  responder.end("");
}

}  // namespace atl::rpc::test
