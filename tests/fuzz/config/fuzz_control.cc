// Any bytes as control.toml, and what follows the first NUL as subnets.toml: what is accepted can
// be sent to the edges and looked up in.

#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "control-plane/config/read.h"
#include "control-plane/fleet/snapshot.h"
#include "control-plane/geo/choice.h"
#include "control-plane/site.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace atl;
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const size_t cut = all.find('\0');
  const std::string_view subnets =
      cut == std::string_view::npos ? std::string_view() : all.substr(cut + 1);
  auto config = control::parse_config("dir/control.toml", all.substr(0, cut), subnets);
  if (!config) {
    if (config.error().empty()) std::abort();
    return 0;
  }
  if (config->pops.empty() || config->content.distributions.empty()) std::abort();
  if (control::encode_snapshot(config->content, 1).empty()) std::abort();
  const control::Site site(*std::move(config), {});
  const control::Site::Host host = site.find_host("www.example.org");
  const std::vector<geo::PopStatus> status(site.chart()->size(), {geo::PopState::Active});
  geo::Place place;
  place.coordinates = geo::Coordinates{50, 9};
  geo::Decision decision;
  choose(geo::Snapshot(site.chart(), status), {place, {}, site.policy(host)}, geo::kAllCandidates,
         decision);
  const bool forbidden = decision.reason == geo::Reason::Forbidden;
  if (decision.ranked.size() != (forbidden ? 0 : site.chart()->size())) std::abort();
  return 0;
}
