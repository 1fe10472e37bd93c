#include "deploy/lab/page/template.h"

// page.S, which control-plane/dashboard/web/build.mjs writes.
extern "C" {
extern const char atoll_lab_page_before[];
extern const char atoll_lab_page_before_end[];
extern const char atoll_lab_page_after[];
extern const char atoll_lab_page_after_end[];
}

namespace atl::lab {

std::optional<PageTemplate> page_template() {
  return PageTemplate{.before = {atoll_lab_page_before, atoll_lab_page_before_end},
                      .after = {atoll_lab_page_after, atoll_lab_page_after_end}};
}

}  // namespace atl::lab
