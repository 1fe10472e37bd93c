#include "control-plane/geo/subnet_table.h"

#include <algorithm>
#include <iterator>
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
    by_address_.push_back(rules_[i].prefix);
  }
  std::sort(by_address_.begin(), by_address_.end());
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

// A rule that holds the address matters with its length; any other one with the bit in which it
// differs. Among sorted addresses the neighbours share the most bits; where the lower neighbour
// holds the address, what lies below it differs within its length.
uint8_t SubnetTable::scope(const Address& address) const {
  const auto above =
      std::upper_bound(by_address_.begin(), by_address_.end(), address,
                       [](const Address& a, const Prefix& p) { return a < p.address; });
  unsigned bits = 0;
  if (above != by_address_.end()) bits = deciding_bits(*above, address);
  for (auto it = above; it != by_address_.begin();) {
    --it;
    bits = std::max(bits, deciding_bits(*it, address));
    if (it == by_address_.begin() || std::prev(it)->address != it->address) break;
  }
  return static_cast<uint8_t>(bits);
}

}  // namespace atl::geo
