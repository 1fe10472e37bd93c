#include "control-plane/dns/server.h"

#include <fmt/format.h>

#include <random>
#include <utility>

#include "lib/net/tcp_listener.h"
#include "lib/net/udp_responder.h"

namespace atl::dns {
namespace {

std::unexpected<std::string> cannot(std::string_view at, const Error& error) {
  return std::unexpected(fmt::format("cannot answer DNS on {}: {}", at, error.detail));
}

SipKey random_key() {
  std::random_device device;
  SipKey key;
  for (uint8_t& octet : key) octet = static_cast<uint8_t>(device());
  return key;
}

}  // namespace

std::expected<void, std::string> Server::probe(const ServerOptions& options) {
  for (const std::string& text : options.listen) {
    const auto at = net::parse_endpoint(text);
    if (!at) return cannot(text, at.error());
    if (const auto free = net::probe_free(*at); !free) return cannot(text, free.error());
    if (const auto free = net::probe_free_udp(*at); !free) return cannot(text, free.error());
  }
  return {};
}

std::expected<std::unique_ptr<Server>, std::string> Server::start(
    const ServerOptions& options, std::shared_ptr<const View> view) {
  if (auto free = probe(options); !free) return std::unexpected(std::move(free.error()));
  std::unique_ptr<Server> server(new Server);
  for (const std::string& text : options.listen) {
    server->listening_.push_back(*net::parse_endpoint(text));
  }
  const SipKey secret = random_key();
  for (unsigned i = 0; i < options.threads; ++i) {
    auto worker = std::make_unique<Worker>(options, secret, view);
    for (net::Endpoint& at : server->listening_) {
      if (const auto opened = worker->open(at); !opened)
        return cannot(to_string(at), opened.error());
    }
    server->workers_.push_back(std::move(worker));
  }
  for (const auto& worker : server->workers_) {
    server->threads_.emplace_back([raw = worker.get()] { raw->run(); });
  }
  return server;
}

Server::~Server() {
  for (const auto& worker : workers_) worker->stop();
  for (std::thread& thread : threads_) thread.join();
}

void Server::publish(const std::shared_ptr<const View>& view) {
  for (const auto& worker : workers_) worker->publish(view);
}

std::vector<const Counters*> Server::counters() const {
  std::vector<const Counters*> all;
  for (const auto& worker : workers_) all.push_back(&worker->counters());
  return all;
}

}  // namespace atl::dns
