#include "control-plane/geo/subnet_table.h"

#include <algorithm>
#include <utility>

namespace atl::geo {

SubnetTable::SubnetTable(std::vector<SubnetRule> rules) : rules_(std::move(rules)) {
  const auto before = [](const SubnetRule& a, const SubnetRule& b) {
    if (a.prefix.length != b.prefix.length) return a.prefix.length > b.prefix.length;
    return a.prefix.address < b.prefix.address;
  };
  std::stable_sort(rules_.begin(), rules_.end(), before);
  const auto same = [](const SubnetRule& a, const SubnetRule& b) { return a.prefix == b.prefix; };
  rules_.erase(std::unique(rules_.begin(), rules_.end(), same), rules_.end());
  for (size_t i = 0; i < rules_.size(); ++i) {
    const uint8_t length = rules_[i].prefix.length;
    if (levels_.empty() || levels_.back().length != length) levels_.push_back({length, i, i});
    levels_.back().end = i + 1;
  }
}

const SubnetRule* SubnetTable::find(const Address& address) const {
  for (const Level& level : levels_) {
    const Address wanted = masked(address, level.length);
    const auto end = rules_.begin() + static_cast<std::ptrdiff_t>(level.end);
    const auto found = std::lower_bound(
        rules_.begin() + static_cast<std::ptrdiff_t>(level.begin), end, wanted,
        [](const SubnetRule& rule, const Address& a) { return rule.prefix.address < a; });
    if (found != end && found->prefix.address == wanted) return &*found;
  }
  return nullptr;
}

}  // namespace atl::geo
