// A miss in memory that the disk cannot answer must not pay for having one.

#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <string>

#include "edge/disk/tier.h"
#include "tests/support/scratch_directory.h"
#include "tests/unit/edge/disk/support.h"

namespace {
std::atomic<uint64_t> allocations{0};
}

void* operator new(size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  std::abort();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

using namespace atl;
using namespace atl::disk;

TEST_CASE("allocation: none when the disk is asked for what it may or may not have") {
  const ScratchDirectory scratch;
  const SystemClock clock;
  VolumeOptions volume = small_volume();
  volume.path = scratch.file("volume");
  auto tier = Tier::open(
      {.journal = scratch.file("purges"), .volumes = {volume}, .matchers = test_matchers()}, clock);
  REQUIRE(tier);
  (*tier)->settle();
  (*tier)->offer(object("present", "body"));
  (*tier)->settle();
  size_t found = 0;
  const uint64_t before = allocations;
  for (int i = 0; i < 100; ++i) {
    found += (*tier)->look_up("absent").has_value() ? 1 : 0;
    found += (*tier)->look_up("present").has_value() ? 1 : 0;
    (*tier)->forget("absent");
  }
  CHECK(allocations == before);
  CHECK(found == 100);
}
