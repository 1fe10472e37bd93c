#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "deploy/lab/random/random.h"

namespace atl::lab {

// Which fetch of an object is under way: an open-addressing table with linear probing that grows
// and allocates nothing else. Names of objects are never kFree.
class Flights {
 public:
  std::optional<uint32_t> find(uint64_t object) const {
    for (size_t at = place(object);; at = (at + 1) & mask()) {
      if (slots_[at].first == object) return slots_[at].second;
      if (slots_[at].first == kFree) return std::nullopt;
    }
  }
  // It is not there.
  void add(uint64_t object, uint32_t fetch) {
    if ((used_ + 1) * 2 > slots_.size()) grow();
    size_t at = place(object);
    while (slots_[at].first != kFree) at = (at + 1) & mask();
    slots_[at] = {object, fetch};
    ++used_;
  }
  // It is there.
  void remove(uint64_t object) {
    size_t hole = place(object);
    while (slots_[hole].first != object) hole = (hole + 1) & mask();
    // What follows moves up unless it is where it belongs already.
    for (size_t at = (hole + 1) & mask(); slots_[at].first != kFree; at = (at + 1) & mask()) {
      if (((at - place(slots_[at].first)) & mask()) < ((at - hole) & mask())) continue;
      slots_[hole] = slots_[at];
      hole = at;
    }
    slots_[hole].first = kFree;
    --used_;
  }
  size_t size() const { return used_; }

 private:
  static constexpr uint64_t kFree = UINT64_MAX;
  size_t mask() const { return slots_.size() - 1; }
  size_t place(uint64_t object) const { return mix(object) & mask(); }
  void grow() {
    std::vector<std::pair<uint64_t, uint32_t>> old(slots_.size() * 2, {kFree, 0});
    old.swap(slots_);
    used_ = 0;
    for (const auto& [object, fetch] : old) {
      if (object != kFree) add(object, fetch);
    }
  }

  std::vector<std::pair<uint64_t, uint32_t>> slots_{64, {kFree, 0}};
  size_t used_ = 0;
};

}  // namespace atl::lab
