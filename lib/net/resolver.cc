#include "lib/net/resolver.h"

#include <uv.h>

#include <utility>

#include "lib/net/socket.h"

namespace atl::net {

struct Resolver::State {
  OnDone on_done;            // empty: was called, or nobody waits any more
  Lookup* lookup = nullptr;  // libuv's, while it works

  void finish(Result<std::vector<Endpoint>> outcome) {
    if (const OnDone call = std::exchange(on_done, nullptr)) call(std::move(outcome));
  }
};

// Freed in libuv's callback, which comes even when it was cancelled.
struct Resolver::Lookup {
  uv_getaddrinfo_t request{};
  std::shared_ptr<State> state;
  uint16_t port = 0;
};

namespace {

std::vector<Endpoint> endpoints_of(const addrinfo* list, uint16_t port) {
  std::vector<Endpoint> out;
  for (const addrinfo* at = list; at != nullptr; at = at->ai_next) {
    if (at->ai_family != AF_INET && at->ai_family != AF_INET6) continue;
    Endpoint endpoint = to_endpoint(at->ai_addr);
    endpoint.port = port;
    out.push_back(std::move(endpoint));
  }
  return out;
}

}  // namespace

Resolver::Resolver(Loop& loop, const Endpoint& name, OnDone on_done)
    : state_(std::make_shared<State>()) {
  state_->on_done = std::move(on_done);
  if (to_address(name)) {
    loop.post([state = state_, name] { state->finish(std::vector{name}); });
    return;
  }
  auto lookup = std::make_unique<Lookup>();
  lookup->state = state_;
  lookup->port = name.port;
  lookup->request.data = lookup.get();
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  const int status = uv_getaddrinfo(
      loop.raw(), &lookup->request,
      [](uv_getaddrinfo_t* request, int result, addrinfo* list) {
        const std::unique_ptr<Lookup> done(static_cast<Lookup*>(request->data));
        std::vector<Endpoint> found = endpoints_of(list, done->port);
        uv_freeaddrinfo(list);
        done->state->lookup = nullptr;
        if (result == 0 && found.empty()) result = UV_EAI_NODATA;
        if (result != 0) return done->state->finish(std::unexpected(from_uv(result)));
        done->state->finish(std::move(found));
      },
      name.host.c_str(), nullptr, &hints);
  if (status == 0) {
    state_->lookup = lookup.release();
  } else {
    loop.post([state = state_, status] { state->finish(std::unexpected(from_uv(status))); });
  }
}

Resolver::~Resolver() {
  state_->on_done = nullptr;
  if (state_->lookup != nullptr) {
    uv_cancel(reinterpret_cast<uv_req_t*>(&state_->lookup->request));  // may be too late
  }
}

}  // namespace atl::net
