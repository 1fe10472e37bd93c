#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "edge/routing/route_table.h"
#include "edge/stats/node_statistics.h"
#include "lib/base/error.h"

namespace atl::edge {

// atl.v1.Purge.
struct PurgeSpec {
  enum class Kind : uint8_t { Url, Prefix, Host, Tag, Everything };
  Kind kind = Kind::Everything;
  // Url: absolute URL. Prefix: absolute URL ending in "*". Host: host name. Tag: surrogate key.
  std::string value;
  bool soft = false;    // mark stale instead of removing
  uint64_t number = 0;  // in the control plane's log; 0: of this node's own
};

struct PurgeOutcome {
  uint64_t objects = 0;  // removed or marked stale
  std::chrono::microseconds duration{0};
};

// What clients are granted while a node drains.
struct DrainTerms {
  // Connections without a request are kept for so long, to have one more answer each: their clients
  // may be sending. Zero: they are closed at once.
  std::chrono::milliseconds patience{0};
  // What is in flight so long after that is cut off. Zero: never.
  std::chrono::milliseconds deadline{0};
};

// The edge as the agent sees it. Every call is made on the control loop (the loop of the main
// thread), and every `done` is called there, never inside the call that was given it.
class Node {
 public:
  virtual ~Node() = default;

  // From now on new requests use `routes`; requests in progress keep what they began with.
  virtual void apply_routes(std::shared_ptr<const RouteTable> routes) = 0;
  // Version of what apply_routes() was last given; 0: nothing yet, requests are answered 503.
  virtual uint64_t routes_version() const = 0;

  // Totals since the process began. Cheap enough for once a second.
  virtual NodeStatistics statistics() = 0;
  virtual NodeHealth health() = 0;

  // Draining: listening sockets are closed, idle connections too, and every answer ends its
  // connection. `drained` is called once when nothing is in flight any more, or when what was left
  // was cut off. set_draining(false) listens again, and a `drained` not yet called is dropped.
  virtual void set_draining(bool draining, DrainTerms terms, std::function<void()> drained) = 0;

  // The last purge that was carried out before the node started, and still holds.
  virtual void purged_before(uint64_t number) = 0;

  // When `done` is called no request, on any worker, is answered any more with what the purge
  // covers (unless stale marks allow it), and no fetch that began before the purge will store it;
  // with a disk tier that is then true after a crash too. Invalid: `spec` makes no sense, and why.
  // Io, Exhausted: carried out, but could not be written down.
  virtual void purge(const PurgeSpec& spec, std::function<void(Result<PurgeOutcome>)> done) = 0;
};

}  // namespace atl::edge
