#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "lib/http/chars.h"
#include "lib/http/field_lookup.h"

namespace atl::cache {

inline bool has_field(http::Fields fields, std::string_view name) {
  return http::find(fields, name) != nullptr;
}

// Of the first line of that name; empty when there is none.
inline std::string_view first_value(http::Fields fields, std::string_view name) {
  return http::value_of(fields, name).value_or(std::string_view{});
}

template <class Visit>
void for_each_line(http::Fields fields, std::string_view name, Visit visit) {
  for (const http::Field& field : fields) {
    if (http::equal_ignore_case(field.name, name)) visit(field.value);
  }
}

// Members of a comma-separated list (RFC 9110 section 5.6.1).
template <class Visit>
void for_each_list_member(std::string_view value, Visit visit) {
  http::ListReader reader(value);
  while (const auto member = reader.next()) visit(*member);
}

// RFC 9111 section 1.2.2: digits only; saturated at kMaxDelta. Nothing for anything else.
std::optional<uint32_t> parse_delta_seconds(std::string_view text);

}  // namespace atl::cache
