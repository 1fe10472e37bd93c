#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "lib/http/field.h"

namespace atl::http {

// The first field line of that name, without regard to case; null if there is none.
const Field* find(Fields fields, std::string_view name);

// Value of the first one; nullopt if there is none.
std::optional<std::string_view> value_of(Fields fields, std::string_view name);

size_t count(Fields fields, std::string_view name);

// Walks the members of a comma-separated list (RFC 9110 section 5.6.1) in one field value: empty
// members are skipped, commas inside quoted strings do not separate, whitespace around members is
// dropped. Members are views; quoting is left in place.
class ListReader {
 public:
  explicit ListReader(std::string_view value) : rest_(value) {}
  std::optional<std::string_view> next();

 private:
  std::string_view rest_;
};

// Whether any line named `name` lists `token`, without regard to case.
bool lists_token(Fields fields, std::string_view name, std::string_view token);

}  // namespace atl::http
