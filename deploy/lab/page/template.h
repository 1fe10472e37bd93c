#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/error.h"

namespace atl::lab {

// The page on both sides of the data: what control-plane/dashboard/web/report is made into. Lives
// as long as the program.
struct PageTemplate {
  std::string_view before;
  std::string_view after;
};

// None when the program was built without.
std::optional<PageTemplate> page_template();

// `json` between the halves. The only text in JSON that could end the element it stands in is a
// '<', which occurs in strings alone and may be written as an escape there (RFC 8259, section 7).
Result<std::string> fill(const std::optional<PageTemplate>& page, std::string_view json);

}  // namespace atl::lab
