#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>

#include "edge/stats/node_statistics.h"

namespace atl::edge {

// How a request was answered; each counts in exactly one (atl.v1.Statistics).
enum class Outcome : uint8_t {
  Hit,
  Stale,
  Revalidated,
  Miss,
  Collapsed,
  Bypass,
  Error,
  Refused,
};
std::string_view to_string(Outcome outcome);

// Every counter of a worker, declared once: name without "atoll_edge_" and "_total", help text.
#define ATOLL_EDGE_COUNTERS(X)                                                                 \
  X(hits, "Requests answered with a fresh stored response")                                    \
  X(disk_hits, "Requests answered with a stored response that was read from disk")             \
  X(stale, "Requests answered with a stale stored response")                                   \
  X(revalidated, "Requests answered with a stored response that the origin confirmed")         \
  X(misses, "Requests answered with a response fetched for them")                              \
  X(collapsed, "Requests that waited for the fetch of another request")                        \
  X(bypassed, "Requests passed to the origin because they or their answers are not cacheable") \
  X(errors, "Requests answered 5xx by this node itself")                                       \
  X(refused, "Requests answered 4xx by this node itself")                                      \
  X(aborted, "Requests whose client went away before the answer was complete")                 \
  X(truncated, "Answers cut off because the origin's response was cut off")                    \
  X(bytes_out, "Response body bytes to clients")                                               \
  X(bytes_from_cache, "Response body bytes to clients that came from the cache")               \
  X(bytes_in, "Response body bytes from origins")                                              \
  X(fetches, "Exchanges with origins, retries and failovers included")                         \
  X(fetch_failures, "Exchanges with origins that ended without a complete response")           \
  X(queued, "Fetches that waited for an origin with as many exchanges as it may have")         \
  X(failovers, "Fetches that went on to another origin of the group")                          \
  X(revalidations, "Conditional exchanges with origins")                                       \
  X(background_revalidations, "Revalidations started behind a stale answer")                   \
  X(released, "Waiting requests sent to fetch for themselves")                                 \
  X(stored, "Responses put into the cache")                                                    \
  X(not_retained, "Responses passed through because there was no room to keep them meanwhile") \
  X(invalidations, "Stored responses removed because of an unsafe request")                    \
  X(sibling_fetches, "Exchanges with another node of the PoP")                                 \
  X(shield_fetches, "Exchanges with a node of the shield PoP")                                 \
  X(peer_requests, "Requests of other edges, counted among all requests too")                  \
  X(loops, "Requests refused because they had passed through this PoP before")

struct CounterInfo {
  std::string_view name;
  std::string_view help;
};
std::span<const CounterInfo> counter_infos();

// A number that one thread writes and any thread reads. Adding is a plain load and store, so the
// request path pays nothing for being observed.
class Counter {
 public:
  void add(uint64_t by = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
  uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// Time to first byte of one kind of answer. Written by its worker, read by any thread.
class LatencyCounter {
 public:
  void add(std::chrono::nanoseconds duration) {
    const auto ns = duration.count();
    const auto us = ns < 0 ? uint64_t{0} : static_cast<uint64_t>(ns) / 1000;
    buckets_[histogram_bucket(us)].add();
    sum_us_.add(us);
  }
  void add_to(Histogram& total) const;

 private:
  std::array<Counter, Histogram::kBuckets> buckets_;
  Counter sum_us_;
};

// A worker's counters. On a cache line of their own, so that workers do not disturb one another.
struct alignas(64) Counters {
#define ATOLL_EDGE_DECLARE(name, help) Counter name;
  ATOLL_EDGE_COUNTERS(ATOLL_EDGE_DECLARE)
#undef ATOLL_EDGE_DECLARE
  LatencyCounter ttfb_hit;
  LatencyCounter ttfb_miss;

  void count(Outcome outcome);
  // In the order of counter_infos().
  uint64_t value(size_t index) const;
};

}  // namespace atl::edge
