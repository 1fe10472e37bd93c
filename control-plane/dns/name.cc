#include "control-plane/dns/name.h"

#include <fmt/format.h>

#include <algorithm>

#include "control-plane/dns/wire.h"

namespace atl::dns {
namespace {

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

}  // namespace

std::optional<std::string> parse_name(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  std::string wire;
  while (!text.empty()) {
    const size_t dot = text.find('.');
    const std::string_view label = text.substr(0, dot);
    text.remove_prefix(dot == std::string_view::npos ? text.size() : dot + 1);
    if (dot != std::string_view::npos && text.empty()) return std::nullopt;  // two dots at the end
    if (label.empty() || label.size() > kLongestLabel) return std::nullopt;
    const bool wildcard = wire.empty() && label == "*";
    wire += static_cast<char>(label.size());
    for (const char c : label) {
      if (!wildcard && !is_plain(lower(c))) return std::nullopt;
      wire += lower(c);
    }
  }
  wire += '\0';
  if (wire.size() > kLongestName) return std::nullopt;
  return wire;
}

std::string to_text(std::string_view name) {
  std::string text;
  for (; name.front() != 0; name = parent(name)) {
    for (const char c : name.substr(1, static_cast<unsigned char>(name.front()))) {
      if (c > 0x20 && c < 0x7f && c != '.' && c != '\\') {
        text += c;
      } else {
        text += fmt::format("\\{:03}", static_cast<unsigned char>(c));
      }
    }
    text += '.';
  }
  return text.empty() ? "." : text;
}

size_t label_count(std::string_view name) {
  size_t count = 0;
  for (; name.front() != 0; name = parent(name)) ++count;
  return count;
}

bool is_within(std::string_view name, std::string_view zone) {
  // The octets may match inside of a label, so the labels are walked.
  while (name.size() > zone.size()) name = parent(name);
  return name == zone;
}

}  // namespace atl::dns
