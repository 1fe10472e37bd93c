#include "edge/disk/format.h"

#include <doctest/doctest.h>

#include "tests/unit/edge/disk/support.h"

namespace atl::disk {
namespace {

std::string record_bytes() {
  const cache::Pin pin = object("the key", "");
  const RecordHeader header = describe(*pin, {.generation = 3, .sequence = 4, .hash = 5}, 6);
  std::string out;
  write_head(header, std::string(pin->key()) + std::string(pin->head()), 6, out);
  return out;
}

TEST_CASE("format: a record's head is sound only whole, unchanged and under its volume's id") {
  const std::string bytes = record_bytes();
  const auto record = parse_record(bytes, bytes.size(), 6);
  REQUIRE(record);
  CHECK(record->key == "the key");
  CHECK(record->header.sequence == 4);
  CHECK(!parse_record(bytes, bytes.size(), 7));
  CHECK(!parse_record(bytes, bytes.size() - 1, 6));
  for (size_t i = 0; i < bytes.size(); ++i) {
    CAPTURE(i);
    CHECK(!parse_record(std::string_view(bytes).substr(0, i), bytes.size(), 6));
    std::string flipped = bytes;
    flipped[i] ^= 1;
    CHECK(!parse_record(flipped, UINT64_MAX, 6));
  }
}

TEST_CASE("format: a size class never says less than the size, and an eighth more at most") {
  for (uint64_t units = 0; units <= (1 << 20); units += 1 + units / 1000) {
    const uint64_t said = units_of(size_class_of(units));
    CAPTURE(units);
    CHECK(said >= units);
    CHECK(said <= units + units / 8);
  }
}

TEST_CASE("format: what the first block of a file says") {
  Superblock block{.unit = 64, .region_size = 1 << 20, .regions = 8, .volume_id = 9, .tier_id = 1};
  const std::string bytes = encode(block);
  Superblock out;
  CHECK(parse_superblock(bytes, out) == Sort::Volume);
  CHECK(parse_superblock(std::string(kSuperblockBytes, '\0'), out) == Sort::Blank);
  CHECK(parse_superblock("", out) == Sort::Alien);
  block.version = 2;
  CHECK(parse_superblock(encode(block), out) == Sort::OtherVersion);
  block.version = kFormatVersion;
  block.unit = 65;
  CHECK(parse_superblock(encode(block), out) == Sort::Alien);
  std::string flipped = bytes;
  flipped[40] ^= 1;
  CHECK(parse_superblock(flipped, out) == Sort::Alien);
}

}  // namespace
}  // namespace atl::disk
