#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "lib/http/chars.h"
#include "lib/http/field.h"

namespace atl::fuzz {

// Lines "name: value" out of arbitrary bytes, such as a reader lets through: no control bytes in
// values, tokens for names, no surrounding whitespace.
inline std::vector<http::Field> read_fields(std::string_view input) {
  std::vector<http::Field> fields;
  while (!input.empty() && fields.size() < 512) {
    const size_t end = input.find('\n');
    const std::string_view line = input.substr(0, end);
    input = end == std::string_view::npos ? std::string_view{} : input.substr(end + 1);
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || !http::is_token(line.substr(0, colon))) continue;
    const std::string_view value = http::trim_ows(line.substr(colon + 1));
    bool clean = true;
    for (const char c : value) clean = clean && http::is_field_value_char(c);
    if (clean) fields.push_back({line.substr(0, colon), value});
  }
  return fields;
}

inline std::string_view as_text(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace atl::fuzz
