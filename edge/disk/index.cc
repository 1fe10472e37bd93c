#include "edge/disk/index.h"

#include <algorithm>

namespace atl::disk {
namespace {

constexpr uint32_t kEmpty = UINT32_MAX;
constexpr uint8_t kTouched = 0x80;
constexpr size_t kLeastSlots = 16;

uint32_t tag_of(uint64_t hash) { return static_cast<uint32_t>(hash); }

}  // namespace

// Linear probing over parallel arrays; an entry's home follows from its tag and the number of
// slots, so that a part can grow without reading the device.
class alignas(64) Index::Part {
 public:
  mutable std::mutex mutex;

  size_t used() const { return used_; }
  size_t memory() const { return slots_ * (2 * sizeof(uint32_t) + 2); }

  // Calls `with(slot)` for every slot of the tag until it returns true.
  template <class With>
  bool probe(uint32_t tag, With with) const {
    if (slots_ == 0) return false;
    for (size_t at = home(tag); units_[at] != kEmpty; at = next(at)) {
      if (tags_[at] == tag && with(at)) return true;
    }
    return false;
  }

  Entry entry(size_t at) const {
    return {.unit = units_[at],
            .variant_mark = static_cast<uint8_t>(marks_[at] & ~kTouched),
            .size_class = classes_[at],
            .touched = (marks_[at] & kTouched) != 0};
  }
  uint32_t unit(size_t at) const { return units_[at]; }
  size_t slots() const { return slots_; }
  void touch(size_t at) { marks_[at] |= kTouched; }

  void set(size_t at, const Entry& entry) {
    units_[at] = entry.unit;
    marks_[at] = static_cast<uint8_t>(entry.variant_mark & ~kTouched) |
                 (entry.touched ? kTouched : uint8_t{0});
    classes_[at] = entry.size_class;
  }

  void add(uint32_t tag, const Entry& entry) {
    if ((used_ + 1) * 6 > slots_ * 5) grow();
    place(tag, entry);
    ++used_;
  }

  // Closes the gap, so that probing needs no marks of what is gone.
  void remove(size_t gap) {
    --used_;
    for (size_t at = next(gap); units_[at] != kEmpty; at = next(at)) {
      const size_t origin = home(tags_[at]);
      const bool stays =
          gap <= at ? (gap < origin && origin <= at) : (gap < origin || origin <= at);
      if (stays) continue;
      tags_[gap] = tags_[at];
      units_[gap] = units_[at];
      marks_[gap] = marks_[at];
      classes_[gap] = classes_[at];
      gap = at;
    }
    units_[gap] = kEmpty;
  }

 private:
  size_t home(uint32_t tag) const { return static_cast<size_t>((uint64_t{tag} * slots_) >> 32); }
  size_t next(size_t at) const { return at + 1 == slots_ ? 0 : at + 1; }

  void place(uint32_t tag, const Entry& entry) {
    size_t at = home(tag);
    while (units_[at] != kEmpty) at = next(at);
    tags_[at] = tag;
    set(at, entry);
  }

  void grow() {
    Part old;
    old.swap(*this);
    slots_ = std::max(kLeastSlots, old.slots_ + old.slots_ / 2);
    tags_ = std::make_unique<uint32_t[]>(slots_);
    units_ = std::make_unique<uint32_t[]>(slots_);
    std::fill_n(units_.get(), slots_, kEmpty);
    marks_ = std::make_unique<uint8_t[]>(slots_);
    classes_ = std::make_unique<uint8_t[]>(slots_);
    used_ = old.used_;
    for (size_t at = 0; at < old.slots_; ++at) {
      if (old.units_[at] != kEmpty) place(old.tags_[at], old.entry(at));
    }
  }

  void swap(Part& other) {
    std::swap(slots_, other.slots_);
    std::swap(used_, other.used_);
    tags_.swap(other.tags_);
    units_.swap(other.units_);
    marks_.swap(other.marks_);
    classes_.swap(other.classes_);
  }

  size_t slots_ = 0;
  size_t used_ = 0;
  std::unique_ptr<uint32_t[]> tags_;
  std::unique_ptr<uint32_t[]> units_;
  std::unique_ptr<uint8_t[]> marks_;
  std::unique_ptr<uint8_t[]> classes_;
};

Index::Index() : parts_(std::make_unique<Part[]>(kParts)) {}
Index::~Index() = default;

Index::Part& Index::part_of(uint64_t hash) const { return parts_[hash >> 56]; }

void Index::insert(uint64_t hash, const Entry& entry) {
  Part& part = part_of(hash);
  const std::lock_guard lock(part.mutex);
  size_t same = 0;
  size_t first = 0;
  const bool replaced = part.probe(tag_of(hash), [&](size_t at) {
    if (same++ == 0) first = at;
    if (part.entry(at).variant_mark != entry.variant_mark) return false;
    part.set(at, entry);
    return true;
  });
  if (replaced) return;
  if (same >= kMaxSame) return part.set(first, entry);
  part.add(tag_of(hash), entry);
}

size_t Index::find(uint64_t hash, std::span<Entry, kMaxSame> out) const {
  const Part& part = part_of(hash);
  const std::lock_guard lock(part.mutex);
  size_t count = 0;
  part.probe(tag_of(hash), [&](size_t at) {
    out[count++] = part.entry(at);
    return count == kMaxSame;
  });
  return count;
}

bool Index::contains(uint64_t hash) const {
  const Part& part = part_of(hash);
  const std::lock_guard lock(part.mutex);
  return part.probe(tag_of(hash), [](size_t) { return true; });
}

bool Index::holds(uint64_t hash, uint32_t unit) const {
  const Part& part = part_of(hash);
  const std::lock_guard lock(part.mutex);
  return part.probe(tag_of(hash), [&](size_t at) { return part.unit(at) == unit; });
}

void Index::touch(uint64_t hash, uint32_t unit) {
  Part& part = part_of(hash);
  const std::lock_guard lock(part.mutex);
  part.probe(tag_of(hash), [&](size_t at) {
    if (part.unit(at) != unit) return false;
    part.touch(at);
    return true;
  });
}

bool Index::erase(uint64_t hash, uint32_t unit) {
  Part& part = part_of(hash);
  const std::lock_guard lock(part.mutex);
  return part.probe(tag_of(hash), [&](size_t at) {
    if (part.unit(at) != unit) return false;
    part.remove(at);
    return true;
  });
}

size_t Index::erase_all(uint64_t hash) {
  Part& part = part_of(hash);
  const std::lock_guard lock(part.mutex);
  size_t count = 0;
  while (part.probe(tag_of(hash), [&](size_t at) {
    part.remove(at);
    return true;
  })) {
    ++count;
  }
  return count;
}

void Index::visit(uint32_t first, uint32_t last,
                  const std::function<void(const Entry&)>& visitor) const {
  for (size_t i = 0; i < kParts; ++i) {
    const Part& part = parts_[i];
    const std::lock_guard lock(part.mutex);
    for (size_t at = 0; at < part.slots(); ++at) {
      if (part.unit(at) >= first && part.unit(at) < last) visitor(part.entry(at));
    }
  }
}

size_t Index::erase_range(uint32_t first, uint32_t last) {
  size_t count = 0;
  for (size_t i = 0; i < kParts; ++i) {
    Part& part = parts_[i];
    const std::lock_guard lock(part.mutex);
    for (size_t at = 0; at < part.slots();) {
      if (part.unit(at) < first || part.unit(at) >= last) {
        ++at;
        continue;
      }
      part.remove(at);  // another entry may have moved here: look again
      ++count;
    }
  }
  return count;
}

size_t Index::size() const {
  size_t count = 0;
  for (size_t i = 0; i < kParts; ++i) {
    const std::lock_guard lock(parts_[i].mutex);
    count += parts_[i].used();
  }
  return count;
}

size_t Index::memory() const {
  size_t bytes = kParts * sizeof(Part);
  for (size_t i = 0; i < kParts; ++i) {
    const std::lock_guard lock(parts_[i].mutex);
    bytes += parts_[i].memory();
  }
  return bytes;
}

}  // namespace atl::disk
