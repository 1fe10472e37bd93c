#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "control-plane/config/config.h"
#include "lib/config/reader.h"

// What can be told only from the configuration as a whole. Private to control-plane/config.

namespace atl::control {

// The configuration on its way in: every part beside the table it came from.
struct Parts {
  template <class Part>
  using List = std::vector<std::pair<config::Section, Part>>;
  using Behaviours = List<BehaviourConfig>;
  struct Distribution {
    config::Section section;
    DistributionConfig config;
    Behaviours behaviours;
  };

  List<PopConfig> pops;
  List<OriginConfig> origins;
  List<OriginGroupConfig> groups;
  List<SigningKey> keys;
  std::vector<Distribution> distributions;
};

// Reports identifiers given twice or malformed, references to nothing, hosts claimed twice,
// behaviours that cannot be reached or leave paths without one, and what is missing altogether.
void check(Parts& parts, config::Reader& reader);

// Moves the parts into the configuration; host names in lower case.
void take(Parts parts, Config& config);

bool is_country_code(std::string_view text);
// Origin-form, as it would be sent: visible ASCII from a slash on.
bool is_check_path(std::string_view text);
// A host name or address with an optional port, as in the Host field.
bool is_authority(std::string_view text);
bool is_token(std::string_view text);  // RFC 9110 section 5.6.2: methods, names of fields

}  // namespace atl::control
