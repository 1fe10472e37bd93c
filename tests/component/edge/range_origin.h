#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "tests/support/fake_origin.h"

namespace atl::test {

// Bytes that are a function of `seed`.
std::string random_bytes(size_t size, unsigned seed);

// An origin that understands ranges and conditions as RFC 9110 has them, for one resource.
struct RangeOrigin {
  std::string body = "0123456789";
  std::string etag = "\"v1\"";  // empty: none
  std::string lines = "Cache-Control: max-age=60\r\n";

  // The whole answer at once.
  void answer(const FakeCallPtr& call) const;
  // Head only; the body that would follow is returned.
  std::string answer_head(const FakeCallPtr& call) const;
};

// The first value of a field in "Name: value\r\n"...
std::string field_in(std::string_view lines, std::string_view name);

// Which part of `size` bytes "bytes=..." asks for; nullopt: none, or several.
struct AskedRange {
  size_t first = 0;
  size_t count = 0;
};
std::optional<AskedRange> asked_range(std::string_view range, size_t size);

}  // namespace atl::test
