#include "edge/disk/index.h"

#include <doctest/doctest.h>

#include <array>
#include <map>
#include <random>

namespace atl::disk {
namespace {

using Found = std::array<Index::Entry, Index::kMaxSame>;

TEST_CASE("index: behaves as a map of hash and variant mark, whatever comes") {
  Index index;
  std::map<std::pair<uint64_t, uint8_t>, uint32_t> model;
  std::mt19937_64 random(5);
  // Few tags, so that clusters are long and wrap around; few parts, so that they grow.
  const auto some_hash = [&] {
    return (random() % 3) << 56 | (random() % 400) * 10'737'418 % 4'294'967'295;
  };
  for (int i = 0; i < 60'000; ++i) {
    const uint64_t hash = some_hash();
    const auto mark = static_cast<uint8_t>(random() % 3);
    const auto known = model.find({hash, mark});
    if (random() % 3 != 0) {
      const auto unit = static_cast<uint32_t>(i);
      index.insert(hash, {.unit = unit, .variant_mark = mark, .size_class = 9});
      model[{hash, mark}] = unit;
    } else if (known != model.end()) {
      CHECK(index.erase(hash, known->second));
      model.erase(known);
    }
    if (i % 10'000 == 9999) {
      const auto limit = static_cast<uint32_t>(i - 5000);
      const size_t gone = std::erase_if(model, [&](const auto& e) { return e.second < limit; });
      CHECK(index.erase_range(0, limit) == gone);
    }
  }
  CHECK(index.size() == model.size());
  for (const auto& [name, unit] : model) {
    Found found;
    const size_t count = index.find(name.first, found);
    bool there = false;
    for (size_t i = 0; i < count; ++i) {
      there = there || (found[i].unit == unit && found[i].variant_mark == name.second);
    }
    CHECK(there);
  }
}

TEST_CASE("index: eight records of a key are found, the ninth takes one's place") {
  Index index;
  for (uint8_t i = 0; i < 12; ++i) index.insert(7, {.unit = i, .variant_mark = i});
  Found found;
  CHECK(index.find(7, found) == Index::kMaxSame);
  CHECK(index.size() == Index::kMaxSame);
  CHECK(index.holds(7, 11));
  CHECK(index.erase_all(7) == Index::kMaxSame);
  CHECK(!index.contains(7));
}

TEST_CASE("index: touched is remembered until the entry is replaced") {
  Index index;
  index.insert(7, {.unit = 1, .variant_mark = 0x7F, .size_class = 3});
  index.touch(7, 2);
  Found found;
  REQUIRE(index.find(7, found) == 1);
  CHECK(!found[0].touched);
  index.touch(7, 1);
  REQUIRE(index.find(7, found) == 1);
  CHECK(found[0].touched);
  CHECK(found[0].variant_mark == 0x7F);
  index.insert(7, {.unit = 5, .variant_mark = 0x7F});
  REQUIRE(index.find(7, found) == 1);
  CHECK(!found[0].touched);
}

TEST_CASE("index: at most 24 bytes an object, at every size from a hundred thousand on") {
  Index index;
  std::mt19937_64 random(1);
  for (uint32_t i = 0; i < 1'000'000; ++i) {
    index.insert(random(), {.unit = i});
    if (i >= 100'000 && i % 20'000 == 0) {
      CAPTURE(i);
      CHECK(static_cast<double>(index.memory()) / static_cast<double>(index.size()) <= 24.0);
    }
  }
}

}  // namespace
}  // namespace atl::disk
