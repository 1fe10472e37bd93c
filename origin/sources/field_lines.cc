#include "origin/sources/field_lines.h"

#include <vector>

#include "lib/http/chars.h"
#include "lib/http/field_block.h"
#include "lib/http/hop_by_hop.h"

namespace atl::origin {

std::optional<std::string> combined_value(http::Fields fields, std::string_view name) {
  std::optional<std::string> out;
  for (const http::Field& field : fields) {
    if (!http::equal_ignore_case(field.name, name)) continue;
    if (out) {
      out->append(", ").append(field.value);
    } else {
      out.emplace(field.value);
    }
  }
  return out;
}

std::optional<std::string> combined_value(std::string_view block, std::string_view name) {
  std::vector<http::Field> fields;
  if (!http::split_field_block(block, fields)) return std::nullopt;
  return combined_value(fields, name);
}

std::string end_to_end(http::Fields fields) {
  std::string out;
  for (const http::Field& field : fields) {
    if (!http::is_hop_by_hop(field.name, fields)) http::append_field(out, field.name, field.value);
  }
  return out;
}

}  // namespace atl::origin
