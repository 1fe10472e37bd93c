#include "edge/disk/admission.h"

#include <algorithm>
#include <bit>

namespace atl::disk {

Admission decide(const AdmissionFacts& facts) {
  if (facts.too_large) return Admission::TooLarge;
  if (!facts.affordable) return Admission::OverBudget;
  if (facts.update) return Admission::Update;
  if (facts.filling) return Admission::Filling;
  if (facts.rule == AdmissionRule::All) return Admission::Always;
  if (facts.seen) return Admission::Requested;
  if (facts.plenty) return Admission::Spare;
  return Admission::FirstTime;
}

bool worth_rewriting(const cache::Object& object) {
  constexpr uint64_t kMostBytes = 256 * 1024;
  constexpr uint32_t kLeastLifetime = 60;  // seconds
  return object.body_size() <= kMostBytes && object.meta().lifetime >= kLeastLifetime;
}

RecentKeys::RecentKeys(size_t keys)
    : marks_(std::max(kWays, std::bit_ceil(keys))), mask_(marks_.size() / kWays - 1) {}

bool RecentKeys::note(uint64_t hash) {
  // Zero means empty.
  const uint16_t mark = std::max<uint16_t>(1, static_cast<uint16_t>(hash >> 40));
  const auto set = marks_.begin() + static_cast<std::ptrdiff_t>((hash & mask_) * kWays);
  const auto found = std::find(set, set + kWays, mark);
  const bool seen = found != set + kWays;
  // To the front: the last place is the oldest one's.
  std::rotate(set, seen ? found : set + kWays - 1, seen ? found + 1 : set + kWays);
  *set = mark;
  return seen;
}

void WriteBudget::refill(MonoTime now) {
  const auto most = static_cast<int64_t>(rate_) * kSeconds;
  if (last_ == MonoTime{}) {
    left_ = most;
  } else {
    const std::chrono::duration<double> passed =
        std::min<std::chrono::nanoseconds>(now - last_, std::chrono::seconds{kSeconds});
    const auto earned = static_cast<int64_t>(passed.count() * static_cast<double>(rate_));
    if (earned == 0) return;  // not yet a byte: keep the time
    left_ = std::min(most, left_ + earned);
  }
  last_ = now;
}

bool WriteBudget::affords(MonoTime now) {
  if (!limited()) return true;
  refill(now);
  return left_ > 0;
}

bool WriteBudget::plenty(MonoTime now) {
  if (!limited()) return false;
  refill(now);
  return left_ > static_cast<int64_t>(rate_) * kSeconds / 2;
}

}  // namespace atl::disk
