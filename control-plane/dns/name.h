#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// Names in wire form: length octet, label, ..., 0. Those of a zone are kept in lower case, which is
// how they compare (RFC 4343) and how they are signed (RFC 4034 section 6.2).

namespace atl::dns {

inline char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

// "www.example.org", with or without the last dot, in lower case on the wire. "." is the root.
// Empty for what is none: labels that are empty or too long, a name too long, anything but letters,
// digits,
// '-' and '_' in it, or '*' elsewhere than as the first label.
std::optional<std::string> parse_name(std::string_view text);

// For people: "www.example.org."; other octets as \DDD.
std::string to_text(std::string_view name);

// The number of labels, the root's not counted. `name` is well-formed, here and below.
size_t label_count(std::string_view name);

// The name without its first label; of the root itself.
inline std::string_view parent(std::string_view name) {
  const auto length = static_cast<size_t>(static_cast<unsigned char>(name.front()));
  return length == 0 ? name : name.substr(length + 1);
}

// Whether `name` is `zone` or below it. Both in lower case.
bool is_within(std::string_view name, std::string_view zone);

}  // namespace atl::dns
