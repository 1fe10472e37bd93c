#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "lib/base/error.h"
#include "lib/net/endpoint.h"
#include "lib/net/loop.h"

namespace atl::net {

// One look-up of a host name (getaddrinfo on libuv's threads). Loop thread.
class Resolver {
 public:
  using OnDone = std::function<void(Result<std::vector<Endpoint>>)>;

  // Calls `on_done` once, in a later turn: with the numeric endpoints in the order in which they
  // should be tried, never empty, or with an error. A numeric host is its own answer. `on_done` may
  // destroy the resolver; one that dies earlier is silent.
  Resolver(Loop& loop, const Endpoint& name, OnDone on_done);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

 private:
  struct State;
  struct Lookup;
  std::shared_ptr<State> state_;
};

}  // namespace atl::net
