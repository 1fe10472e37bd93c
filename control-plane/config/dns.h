#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "control-plane/config/check.h"
#include "control-plane/config/config.h"
#include "lib/config/reader.h"

// [dns], [[dns.record]] and [distribution.dns]. Private to control-plane/config.

namespace atl::control {

// What [dns] says, with the places it says it at.
struct DnsParts {
  config::Section section;
  std::vector<config::Section> records;
  std::vector<config::Section> distributions;  // of zone.distributions, by index
  FixedDns fixed;
  dns::ZoneSpec zone;
  std::string key;  // as written; empty: none
};

// Empty: there is no [dns]; settings of distributions for it are problems then.
std::optional<DnsParts> read_dns(config::Reader& reader, Parts& parts);

// What can be told only when every part by itself is right: whether the zone can be made. Reports
// to `reader`.
void check_zone(const DnsParts& dns, config::Reader& reader);

}  // namespace atl::control
