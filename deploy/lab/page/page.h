#pragma once

#include <string>
#include <string_view>

#include "lib/base/error.h"

namespace atl::lab {

// Whether this program has the page inside; not when it was built with ATOLL_DASHBOARD=OFF.
bool has_page();

// One HTML file that draws the report: `json` is a whole report.json or compare.json
// (docs/lab-report.md), which is not looked into. It needs nothing beside it, neither files nor a
// network. Unsupported without a page.
Result<std::string> page_with(std::string_view json);

}  // namespace atl::lab
