#include "lib/http/field_block.h"

#include <algorithm>

#include "lib/http/chars.h"

namespace atl::http {

Result<void> split_field_block(std::string_view block, std::vector<Field>& out, size_t max_fields) {
  const auto invalid = [](const char* detail) {
    return std::unexpected(Error{Code::Invalid, Side::Upstream, false, detail});
  };
  out.clear();
  while (!block.empty()) {
    const size_t end = block.find("\r\n");
    if (end == std::string_view::npos) return invalid("a field line does not end in CRLF");
    const std::string_view line = block.substr(0, end);
    block.remove_prefix(end + 2);
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
      return invalid("a field name is not a token");
    }
    const std::string_view value = trim_ows(line.substr(colon + 1));
    if (!std::all_of(value.begin(), value.end(), is_field_value_char)) {
      return invalid("a field value has control bytes");
    }
    if (out.size() == max_fields) {
      return std::unexpected(Error{Code::TooLarge, Side::Upstream, false, "too many field lines"});
    }
    out.push_back({line.substr(0, colon), value});
  }
  return {};
}

void append_field(std::string& block, std::string_view name, std::string_view value) {
  block.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace atl::http
