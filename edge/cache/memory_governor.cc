#include "edge/cache/memory_governor.h"

#include <algorithm>

namespace atl::cache {
namespace {

// Bytes beyond what the allocator may keep.
uint64_t excess(const MemoryReading& now) {
  const uint64_t kept = now.resident - std::min(now.resident, now.allocated);
  const uint64_t slack =
      std::max(MemoryGovernor::kLeastSlack, now.capacity / MemoryGovernor::kSlack);
  return kept - std::min(kept, slack);
}

}  // namespace

bool MemoryGovernor::wants_release(const MemoryReading& now) { return excess(now) > 0; }

uint64_t MemoryGovernor::decide(const MemoryReading& now) {
  const uint64_t wanted = std::min(excess(now), now.capacity / kMost);
  if (wanted > withheld_) {
    withheld_ = std::min(wanted, withheld_ + now.capacity / kStepUp);
  } else {
    withheld_ = std::max(wanted, withheld_ - std::min(withheld_, now.capacity / kStepDown));
  }
  return withheld_;
}

}  // namespace atl::cache
