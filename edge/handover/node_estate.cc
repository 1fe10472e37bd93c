#include "edge/handover/node_estate.h"

#include <utility>

#include "lib/base/log.h"
#include "lib/net/endpoint.h"

namespace atl::edge::handover {
namespace {

void add(std::vector<Socket>& to, std::string_view kind, server::ListeningSocket& socket) {
  // Out of descriptors: the new process will find the address taken, and say so.
  if (!socket.socket) return;
  to.push_back({std::string(kind), net::to_string(socket.at), std::move(socket.socket)});
}

}  // namespace

void NodeEstate::sockets(std::function<void(std::vector<Socket>)> told) {
  node_.duplicate_sockets([this, told = std::move(told)](auto clients) {
    std::vector<Socket> all;
    for (server::ListeningSocket& socket : clients) add(all, socket.tls ? kHttps : kHttp, socket);
    for (server::ListeningSocket& socket : admin_.duplicate_sockets()) add(all, kAdmin, socket);
    told(std::move(all));
  });
}

// Purges from here on must not be acknowledged by this process, which no longer has the disk.
void NodeEstate::release() {
  agent_.step_aside(true);
  node_.release_disk();
  node_.release_peers();
}

void NodeEstate::take_back() {
  if (const auto opened = node_.reopen_disk(); !opened) {
    log_error("going on without the disk: {}", opened.error());
  }
  if (const auto opened = node_.reopen_peers(); !opened) {
    log_error("going on without answering other edges: {}", opened.error());
  }
  agent_.step_aside(false);
}

void NodeEstate::retire() {
  agent_.fall_silent();
  admin_.drain(nullptr, server::Draining::Patient);
  node_.retire({grace_.patience, grace_.stop}, [this] { loop_.stop(); });
}

void NodeEstate::hurry() {
  node_.set_draining(true, {{}, grace_.stop}, [this] { loop_.stop(); });
}

void NodeEstate::purge(const PurgeSpec& spec, std::function<void()> done) {
  node_.purge(spec, [done = std::move(done)](const Result<PurgeOutcome>&) { done(); });
}

}  // namespace atl::edge::handover
