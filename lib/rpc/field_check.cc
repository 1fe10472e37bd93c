#include "lib/rpc/field_check.h"

#include <algorithm>

#include "lib/http/chars.h"

namespace atl::rpc {
namespace {

bool ends_line_early(char c) { return c == '\r' || c == '\n' || c == '\0'; }

bool valid_line(std::string_view line) {
  const size_t colon = line.find(':');
  return colon != std::string_view::npos && http::is_token(line.substr(0, colon)) &&
         std::ranges::all_of(line.substr(colon + 1), http::is_field_value_char);
}

}  // namespace

bool valid_field_block(std::string_view block) {
  if (block.size() > kMaxFieldBlock) return false;
  for (size_t lines = 0; !block.empty(); ++lines) {
    if (lines == kMaxFields) return false;
    const size_t end = block.find("\r\n");
    if (end == std::string_view::npos || !valid_line(block.substr(0, end))) return false;
    block.remove_prefix(end + 2);
  }
  return true;
}

bool valid_target(std::string_view target) {
  if (target == "*") return true;
  return target.starts_with('/') &&
         std::ranges::all_of(target, [](char c) { return c > 0x20 && c < 0x7f; });
}

bool valid_authority(std::string_view authority) {
  return std::ranges::all_of(authority, [](char c) {
    return c > 0x20 && c < 0x7f && std::string_view("/?#@\\\"<>").find(c) == std::string_view::npos;
  });
}

bool valid_reason(std::string_view reason) { return std::ranges::none_of(reason, ends_line_early); }

}  // namespace atl::rpc
