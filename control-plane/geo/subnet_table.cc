#include "control-plane/geo/subnet_table.h"

#include <algorithm>
#include <map>
#include <utility>

namespace atl::geo {

SubnetTable::SubnetTable(std::vector<SubnetRule> rules) {
  std::map<std::pair<int, Address>, SubnetRule> sorted;
  for (SubnetRule& rule : rules) {
    sorted.try_emplace({-rule.prefix.length, rule.prefix.address}, std::move(rule));
  }
  for (auto& [key, rule] : sorted) rules_.push_back(std::move(rule));
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
