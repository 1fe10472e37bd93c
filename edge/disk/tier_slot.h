#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "edge/disk/tier.h"

namespace atl::disk {

// Where workers find the tier, if there is one. Another may take its place while they work: those
// before stay, released, until the slot goes, because somebody may be using one at that moment.
class TierSlot {
 public:
  TierSlot() = default;
  TierSlot(const TierSlot&) = delete;
  TierSlot& operator=(const TierSlot&) = delete;

  // One thread at a time.
  TierSlot& operator=(std::unique_ptr<Tier> tier) {
    all_.push_back(std::move(tier));
    current_.store(all_.back().get(), std::memory_order_release);
    return *this;
  }

  // ---- Any thread ----
  Tier* operator->() const { return current_.load(std::memory_order_acquire); }
  bool operator==(std::nullptr_t) const { return operator->() == nullptr; }

 private:
  std::vector<std::unique_ptr<Tier>> all_;
  std::atomic<Tier*> current_{nullptr};
};

}  // namespace atl::disk
