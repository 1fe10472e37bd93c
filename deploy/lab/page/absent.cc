#include "deploy/lab/page/template.h"

namespace atl::lab {

std::optional<PageTemplate> page_template() { return std::nullopt; }

}  // namespace atl::lab
