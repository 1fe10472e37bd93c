#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/geo/address.h"
#include "lib/geo/distance.h"

namespace atl::geo {

// What the operator says about a part of the network; comes before every database.
struct SubnetRule {
  Prefix prefix;
  std::string pop;                   // not empty: clients go to this PoP
  std::optional<Coordinates> place;  // else: they are here
  std::string country;               // ISO 3166-1 alpha-2, may be empty
  bool operator==(const SubnetRule&) const = default;
};

// Longest prefix match. Immutable; any thread.
class SubnetTable {
 public:
  SubnetTable() = default;
  // Of two rules for the same prefix the first one stays.
  explicit SubnetTable(std::vector<SubnetRule> rules);

  // Null: no rule covers the address. Valid as long as the table. Does not allocate.
  const SubnetRule* find(const Address& address) const;

  // How many leading bits of `address` (of 128) decide which rule find() gives, or that there is
  // none: every address that shares them gets the same. Does not allocate.
  uint8_t scope(const Address& address) const;

  std::span<const SubnetRule> rules() const { return rules_; }

 private:
  struct Level {
    uint8_t length;
    size_t begin, end;  // of rules_
  };

  std::vector<SubnetRule> rules_;  // by falling length, then by address
  std::vector<Level> levels_;
  std::vector<Prefix> by_address_;  // of all rules, by address
};

}  // namespace atl::geo
