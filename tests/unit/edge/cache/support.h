#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "edge/cache/freshness.h"
#include "lib/base/clock.h"
#include "lib/http/field.h"

// Short ways to say a field section, a moment and a stored response in a table row.
namespace atl::cache::testing {

// "Name: value" lines separated by '\n' (or by " | " in one line). Owns nothing: give it literals.
class Section {
 public:
  Section(const char* text) {  // NOLINT(google-explicit-constructor)
    std::string_view rest(text);
    while (!rest.empty()) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      const std::string_view line = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      const size_t colon = line.find(':');
      std::string_view value = line.substr(colon + 1);
      if (value.starts_with(' ')) value.remove_prefix(1);
      fields_.push_back({line.substr(0, colon), value});
    }
  }
  operator http::Fields() const { return fields_; }  // NOLINT(google-explicit-constructor)
  http::Fields fields() const { return fields_; }

 private:
  std::vector<http::Field> fields_;
};

// Sun, 06 Nov 1994 08:49:37 GMT: the RFC's own date, and our now.
inline constexpr WallTime kNow{std::chrono::seconds{784'111'777}};

inline ResponseView response(uint16_t status, const Section& section) {
  return {status, section.fields()};
}

inline RequestView get(const Section& section) {
  return {.method = "GET",
          .fields = section.fields(),
          .scheme = "http",
          .authority = "example.org",
          .path_and_query = "/a/b?c"};
}

}  // namespace atl::cache::testing
