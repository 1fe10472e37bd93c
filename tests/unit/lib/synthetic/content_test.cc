#include "lib/synthetic/content.h"

#include <doctest/doctest.h>

#include <string>

namespace atl::synthetic {
namespace {

std::string bytes_of(std::string_view name, uint64_t offset, size_t size) {
  std::string out(size, '\0');
  Content(name).fill(offset, out.data(), size);
  return out;
}

// The definition in the header, byte by byte.
std::string by_definition(std::string_view name, uint64_t offset, size_t size) {
  uint64_t seed = 14695981039346656037ULL;
  for (const char c : name) seed = (seed ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  std::string out;
  for (uint64_t i = offset; i < offset + size; ++i) {
    uint64_t z = seed + (i / 8 + 1) * 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    z ^= z >> 31;
    out += static_cast<char>(z >> (8 * (i % 8)) & 0xff);
  }
  return out;
}

TEST_CASE("synthetic content: any piece is what the definition says") {
  for (const uint64_t offset : {0, 1, 7, 8, 9, 4095, 4096, 1'000'003}) {
    for (const size_t size : {0, 1, 7, 8, 9, 15, 16, 17, 5000}) {
      CAPTURE(offset);
      CAPTURE(size);
      CHECK(bytes_of("/object/17", offset, size) == by_definition("/object/17", offset, size));
    }
  }
}

TEST_CASE("synthetic content: offsets past four gigabytes do not repeat the beginning") {
  CHECK(bytes_of("/big", uint64_t{10} << 30, 64) != bytes_of("/big", 0, 64));
  CHECK(bytes_of("/big", uint64_t{10} << 30, 64) == by_definition("/big", uint64_t{10} << 30, 64));
}

TEST_CASE("synthetic content: another name gives other bytes") {
  CHECK(bytes_of("/object/1", 0, 64) != bytes_of("/object/2", 0, 64));
}

TEST_CASE("synthetic content: the first wrong byte is found") {
  const std::string right = bytes_of("/object/1", 100, 10'000);
  const Content content("/object/1");
  CHECK(content.matching(100, right) == right.size());
  CHECK(content.matching(100, "") == 0);
  for (const size_t at : {0, 1, 4095, 4096, 4097, 9'999}) {
    CAPTURE(at);
    std::string wrong = right;
    wrong[at] = static_cast<char>(wrong[at] ^ 1);
    CHECK(content.matching(100, wrong) == at);
  }
  // A stream that lost a byte is wrong at once, not only in its length.
  CHECK(content.matching(100, std::string_view(right).substr(1)) < 8);
}

}  // namespace
}  // namespace atl::synthetic
