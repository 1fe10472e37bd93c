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
};

// Objects made on the fly, for experiments and tests: GET
// <path>?size=<bytes>[&ttl=60s][&delay=50ms] answers with the bytes of synthetic::Content(path).
// `delay` is the time to the response head, at most a minute. `pool` and `timers` must outlive it.
std::unique_ptr<Source> make_synthetic_source(SyntheticOptions options, TaskPool& pool,
                                              rpc::DeadlineQueue& timers);

}  // namespace atl::origin
