#pragma once

#include <chrono>

#include "edge/cache/memory_governor.h"
#include "edge/cache/store.h"
#include "lib/net/loop.h"

namespace atl::edge {

// Keeps the memory of the process at the cache's size plus what everything else needs: reads the
// allocator now and then, has it give free pages back, withholds capacity from the store where that
// is not enough. Without figures from the allocator (sanitizers) it does nothing. On the loop's
// thread; `loop` and `store` must outlive it.
class MemoryWatch {
 public:
  static constexpr std::chrono::milliseconds kPeriod{100};

  MemoryWatch(net::Loop& loop, cache::Store& store);

  // One look; what the timer does.
  static void look(cache::Store& store, cache::MemoryGovernor& governor);

 private:
  cache::Store& store_;
  cache::MemoryGovernor governor_;
  net::Timer timer_;
};

}  // namespace atl::edge
