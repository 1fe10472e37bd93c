#include "deploy/lab/page/page.h"

#include <algorithm>

#include "deploy/lab/page/template.h"

namespace atl::lab {

bool has_page() { return page_template().has_value(); }

Result<std::string> page_with(std::string_view json) { return fill(page_template(), json); }

Result<std::string> fill(const std::optional<PageTemplate>& page, std::string_view json) {
  constexpr std::string_view kLess = "\\u003c";
  if (!page) {
    return std::unexpected(Error{.code = Code::Unsupported,
                                 .side = Side::Self,
                                 .detail =
                                     "report.html is left out: built without the web application "
                                     "(ATOLL_DASHBOARD=OFF)"});
  }
  std::string text;
  const auto less = static_cast<size_t>(std::count(json.begin(), json.end(), '<'));
  text.reserve(page->before.size() + json.size() + less * kLess.size() + page->after.size());
  text += page->before;
  for (const char c : json) {
    if (c == '<') {
      text += kLess;
    } else {
      text += c;
    }
  }
  text += page->after;
  return text;
}

}  // namespace atl::lab
