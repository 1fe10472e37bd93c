#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "control-plane/fleet/registry.h"
#include "lib/base/clock.h"

// What the operator wants of a PoP, and what the PoP is by that. Pure.

namespace atl::control {

enum class Wish : uint8_t {
  Serve,    // take requests, if it can
  Drain,    // nobody is sent there; then its nodes finish what is in flight and accept no more
  Disable,  // nobody is sent there; its nodes are left alone
};
std::string_view to_string(Wish wish);
std::optional<Wish> parse_wish(std::string_view text);

struct Order {
  Wish wish = Wish::Serve;
  uint64_t time_ms = 0;  // Unix time at which it was given; 0: never, it is the default
  // Drain: for so long after `time_ms` nodes go on accepting. Clients that were told the PoP's
  // address before come all the same.
  std::chrono::milliseconds grace{0};
  // Drain: what is in flight so long after that is cut off; zero: nothing is.
  std::chrono::milliseconds deadline{0};
  std::string author;  // name of a token; empty: nobody was asked for one
  bool operator==(const Order&) const = default;
};

enum class PopState : uint8_t {
  Active,      // takes requests
  NotServing,  // some node lives, but none takes requests
  Down,        // no node lives
  Draining,    // the operator's: nobody is sent there, and it finishes what it has
  AdminDown,   // the operator's: out of service, whatever its nodes say
};
std::string_view to_string(PopState state);

// The nodes of a PoP, as far as it matters here.
struct PopNodes {
  NodeState best = NodeState::Down;
  size_t living = 0;
  size_t drained = 0;  // of those that live: they said that nothing is in flight any more
};

struct Standing {
  PopState state = PopState::Down;
  std::string reason;  // of Draining and AdminDown, for people; else empty
  bool close = false;  // its nodes are to stop accepting
};
// `now`: a clock that was set back ends a grace early rather than make it last.
Standing stand(const Order& order, const PopNodes& nodes, WallTime now);

}  // namespace atl::control
