#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace atl::synthetic {

// The bytes of a synthetic object: a pure function of its name and an offset, so that an object of
// any size needs no storage, any range of it can be produced at once, and whoever receives a piece
// can check it. The origin's `synthetic` source produces them; `atoll-cli replay --verify` checks
// them.
//
// Byte i is byte i % 8 (least significant first) of mix(seed + i / 8), where seed is 64-bit FNV-1a
// of the name and mix is the output function of splitmix64. Objects of two names share no run of
// bytes worth the name, so a body that was cut, shifted or taken from another object is noticed.
class Content {
 public:
  // `name`: the path of the request without its query, as received. Not kept.
  explicit Content(std::string_view name);

  // Writes bytes [offset, offset + size) to `out`.
  void fill(uint64_t offset, char* out, size_t size) const;

  // How many leading bytes of `bytes` are what the object holds from `offset` on; bytes.size() when
  // all are right.
  size_t matching(uint64_t offset, std::string_view bytes) const;

 private:
  uint64_t word(uint64_t index) const;

  uint64_t seed_;
};

}  // namespace atl::synthetic
