#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace atl::disk {

// Where records of a volume begin, by the hash of their key: 10 bytes a slot, between 55 and 83 per
// cent full, so at most 18.2 bytes an object. Holds 32 bits of each hash and no key: whoever reads
// the record compares. Any thread; a mutex for each of 256 parts, held for a probe, or while that
// part grows. Looking up never allocates.
class Index {
 public:
  // Records under one key (or, by chance, one hash) that are found; an older one gives way.
  static constexpr size_t kMaxSame = 8;

  struct Entry {
    uint32_t unit = 0;  // counted over the volume
    uint8_t variant_mark = 0;
    uint8_t size_class = 0;
    bool touched = false;
  };

  Index();
  ~Index();
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;

  // Takes the place of an entry of the same hash and variant mark.
  void insert(uint64_t hash, const Entry& entry);
  // In no particular order. How many there were.
  size_t find(uint64_t hash, std::span<Entry, kMaxSame> out) const;
  bool contains(uint64_t hash) const;
  bool holds(uint64_t hash, uint32_t unit) const;
  void touch(uint64_t hash, uint32_t unit);
  bool erase(uint64_t hash, uint32_t unit);
  size_t erase_all(uint64_t hash);

  // Visits, or removes, every entry whose unit is in [first, last). Part by part.
  void visit(uint32_t first, uint32_t last, const std::function<void(const Entry&)>& visitor) const;
  size_t erase_range(uint32_t first, uint32_t last);

  size_t size() const;
  size_t memory() const;

 private:
  class Part;
  static constexpr size_t kParts = 256;
  Part& part_of(uint64_t hash) const;

  std::unique_ptr<Part[]> parts_;
};

}  // namespace atl::disk
