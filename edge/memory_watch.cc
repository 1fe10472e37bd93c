#include "edge/memory_watch.h"

#include "lib/allocator/allocator.h"

namespace atl::edge {

MemoryWatch::MemoryWatch(net::Loop& loop, cache::Store& store)
    : store_(store), timer_(loop, [this] { look(store_, governor_); }) {
  if (allocator::figures()) timer_.start_periodic(kPeriod);
}

void MemoryWatch::look(cache::Store& store, cache::MemoryGovernor& governor) {
  const auto read = [&store]() -> cache::MemoryReading {
    const allocator::Figures now = allocator::figures().value_or(allocator::Figures{});
    return {.capacity = store.capacity(), .allocated = now.allocated, .resident = now.resident};
  };
  cache::MemoryReading now = read();
  if (cache::MemoryGovernor::wants_release(now)) {
    allocator::release_free_memory();
    now = read();
  }
  store.withhold(governor.decide(now));
}

}  // namespace atl::edge
