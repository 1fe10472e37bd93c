#pragma once

#include <span>
#include <string_view>

namespace atl::http {

// One field line (RFC 9110 section 5): views into a buffer that somebody else owns.
struct Field {
  std::string_view name;
  std::string_view value;  // without surrounding whitespace
};

// A whole field section, in order, repeated fields kept.
using Fields = std::span<const Field>;

}  // namespace atl::http
