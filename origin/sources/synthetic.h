#pragma once

#include <chrono>
#include <memory>

#include "lib/base/byte_size.h"
#include "lib/rpc/deadline_queue.h"
#include "origin/sources/source.h"
#include "origin/sources/task_pool.h"

namespace atl::origin {

struct SyntheticOptions {
  std::chrono::milliseconds ttl = std::chrono::days(365);  // max-age, unless the request names one
  ByteSize max_size = ByteSize{uint64_t{1} << 40};
  size_t concurrency = 0;  // requests answered at the same time, others queue; 0: any number
};

// Objects made on the fly, for experiments and tests: GET
// <path>?size=<bytes>[&ttl=60s][&swr=10s][&sie=1h][&tag=<token>...][&delay=50ms] answers with the
// bytes of synthetic::Content(path). `swr` and `sie` are stale-while-revalidate and stale-if-error
// (RFC 5861), tags are sent as Surrogate-Key. `delay` is the time to the response head, at most a
// minute, counted from when a desk is free (ServiceLine); a request field Synthetic-Delay says it
// too, without being part of what caches know an object by, and wins. `pool` and `timers` must
// outlive it.
std::unique_ptr<Source> make_synthetic_source(SyntheticOptions options, TaskPool& pool,
                                              rpc::DeadlineQueue& timers);

}  // namespace atl::origin
