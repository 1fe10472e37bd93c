#include "edge/policy/selection.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace atl::policy {

NameList::NameList(std::vector<std::string> names) {
  for (std::string& name : names) {
    if (name.ends_with('*')) {
      name.pop_back();
      prefixes_.push_back(std::move(name));
    } else {
      exact_.push_back(std::move(name));
    }
  }
  std::sort(exact_.begin(), exact_.end());
}

bool NameList::has(std::string_view name) const {
  return std::binary_search(exact_.begin(), exact_.end(), name, std::less<>()) ||
         std::any_of(prefixes_.begin(), prefixes_.end(),
                     [&](const std::string& prefix) { return name.starts_with(prefix); });
}

bool Selection::keeps(std::string_view name) const {
  switch (mode) {
    case Mode::AsIs:
    case Mode::All:
      return true;
    case Mode::None:
      return false;
    case Mode::Allow:
      return names.has(name);
    case Mode::Deny:
      return !names.has(name);
  }
  return true;
}

}  // namespace atl::policy
