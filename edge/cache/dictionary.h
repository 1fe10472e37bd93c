#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace atl::cache {

// A member of a structured-field dictionary (RFC 8941 section 3.2), without its parameters.
struct DictionaryMember {
  enum class Type : uint8_t { Integer, Decimal, String, Token, ByteSequence, Boolean, InnerList };
  std::string_view key;
  Type type = Type::Boolean;
  int64_t integer = 0;    // Integer
  bool boolean = true;    // Boolean; a key alone is true
  std::string_view text;  // String and Token: as written, between the quotes, escapes kept
};

// RFC 8941 section 4.2.2, strict: nothing at all when any part is malformed. In order, repeated
// keys included: of those the last one counts. Several field lines are to be joined with ", "
// first. Views into `input`.
std::optional<std::vector<DictionaryMember>> parse_dictionary(std::string_view input);

}  // namespace atl::cache
