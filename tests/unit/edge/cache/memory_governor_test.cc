#include "edge/cache/memory_governor.h"

#include <doctest/doctest.h>

#include <cstdint>

namespace {

using atl::cache::MemoryGovernor;
using atl::cache::MemoryReading;

constexpr uint64_t kGiB = uint64_t{1} << 30;
constexpr uint64_t kMiB = uint64_t{1} << 20;
constexpr uint64_t kSlackBytes = kGiB / MemoryGovernor::kSlack;

MemoryReading with_holes(uint64_t bytes) {
  return {.capacity = kGiB, .allocated = kGiB, .resident = kGiB + bytes};
}

TEST_CASE("within the slack nothing is asked for and nothing withheld") {
  MemoryGovernor governor;
  CHECK_FALSE(MemoryGovernor::wants_release(with_holes(kSlackBytes)));
  CHECK(governor.decide(with_holes(kSlackBytes)) == 0);
  CHECK(MemoryGovernor::wants_release(with_holes(kSlackBytes + 1)));
}

TEST_CASE("a small cache has a slack that no program stays below") {
  const MemoryReading small{
      .capacity = 8 * kMiB, .allocated = 8 * kMiB, .resident = 8 * kMiB + 16 * kMiB};
  CHECK_FALSE(MemoryGovernor::wants_release(small));
}

TEST_CASE("holes beyond the slack are withheld, in steps, and no more than they are") {
  MemoryGovernor governor;
  const uint64_t holes = kSlackBytes + kGiB / 10;
  uint64_t last = 0;
  for (int i = 0; i < 3; ++i) {
    const uint64_t now = governor.decide(with_holes(holes));
    CHECK(now == last + kGiB / MemoryGovernor::kStepUp);
    last = now;
  }
  for (int i = 0; i < 10; ++i) last = governor.decide(with_holes(holes));
  CHECK(last == kGiB / 10);
}

TEST_CASE("what was withheld comes back slowly, and all of it") {
  MemoryGovernor governor;
  for (int i = 0; i < 10; ++i) governor.decide(with_holes(kSlackBytes + kGiB / 10));
  uint64_t before = kGiB / 10;
  for (int i = 0; i < 5; ++i) {
    const uint64_t now = governor.decide(with_holes(0));
    CHECK(now == before - kGiB / MemoryGovernor::kStepDown);
    before = now;
  }
  for (int i = 0; i < 10; ++i) before = governor.decide(with_holes(0));
  CHECK(before == 0);
}

TEST_CASE("never more than half of the capacity") {
  MemoryGovernor governor;
  uint64_t withheld = 0;
  for (int i = 0; i < 100; ++i) withheld = governor.decide(with_holes(10 * kGiB));
  CHECK(withheld == kGiB / 2);
}

TEST_CASE("an allocator that keeps less than is in use is no excess") {
  MemoryGovernor governor;
  CHECK(governor.decide({.capacity = kGiB, .allocated = kGiB, .resident = kGiB / 2}) == 0);
}

}  // namespace
