#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "edge/cache/object.h"
#include "lib/base/clock.h"

namespace atl::disk {

// Which objects are written, to spare the device (docs/disk-tier.md).
enum class AdmissionRule : uint8_t {
  All,            // every object that was stored in memory
  SecondRequest,  // once the volume is full, those asked for before
};

enum class Admission : uint8_t {
  Update,     // an older copy is on the device
  Filling,    // there is room that was never used
  Spare,      // the write budget has bytes to spare
  Requested,  // seen before
  Always,     // rule All
  TooLarge,   // no: no region would hold it
  FirstTime,  // no: not seen before
  OverBudget  // no: the write budget is used up
};
constexpr bool admits(Admission admission) { return admission < Admission::TooLarge; }

struct AdmissionFacts {
  AdmissionRule rule = AdmissionRule::SecondRequest;
  bool too_large = false;
  bool update = false;
  bool filling = false;
  bool seen = false;
  bool affordable = true;  // the budget holds this object
  bool plenty = false;     // the budget is limited, and more than half of it is unused
};
Admission decide(const AdmissionFacts& facts);

// Whether what a 304 changed is written again, body and all: a small object that stays fresh for a
// while. Otherwise the device keeps the older head, which costs one revalidation after a restart.
bool worth_rewriting(const cache::Object& object);

// Hashes seen lately, in a table of fixed size: two bytes each, four to a set, the oldest of a set
// gives way. Wrong one time in 16,000: that costs a write. Not synchronised.
class RecentKeys {
 public:
  explicit RecentKeys(size_t keys);  // rounded up to a power of two
  // Whether it was seen before; from now on it has been.
  bool note(uint64_t hash);
  size_t memory() const { return marks_.size() * sizeof(uint16_t); }

 private:
  static constexpr size_t kWays = 4;
  std::vector<uint16_t> marks_;
  uint64_t mask_;
};

// Bytes a second, saved up for ten seconds at most. Not synchronised.
class WriteBudget {
 public:
  explicit WriteBudget(uint64_t bytes_per_second) : rate_(bytes_per_second) {}  // 0: no limit
  bool limited() const { return rate_ != 0; }
  // What is left may become negative, so that an object larger than the budget is written at last.
  bool affords(MonoTime now);
  bool plenty(MonoTime now);
  void spend(uint64_t bytes) { left_ -= static_cast<int64_t>(bytes); }

 private:
  static constexpr int64_t kSeconds = 10;
  void refill(MonoTime now);

  const uint64_t rate_;
  int64_t left_ = 0;
  MonoTime last_{};
};

}  // namespace atl::disk
