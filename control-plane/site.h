#pragma once

#include <expected>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "control-plane/config/config.h"
#include "control-plane/config/read.h"
#include "control-plane/dns/signing_key.h"
#include "control-plane/dns/view.h"
#include "control-plane/dns/zone.h"
#include "control-plane/geo/chart.h"
#include "control-plane/geo/rtt_matrix.h"
#include "control-plane/geo/subnet_table.h"
#include "lib/geo/database.h"

namespace atl::control {

// A configuration with everything it names opened and looked up. Immutable; replaced as a whole.
class Site {
 public:
  enum class Claim : uint8_t {
    None,   // no distribution has the host
    Any,    // only the "*" of one has it
    Named,  // by its name or by "*.suffix"
  };
  struct Host {
    Claim claim = Claim::None;
    std::string_view distribution;  // its id
    size_t index = 0;               // of it in the configuration
  };

  Site(Config config, std::vector<std::shared_ptr<const geo::Database>> databases,
       dns::SigningKey::Pointer zone_key = nullptr,
       std::shared_ptr<const geo::RttMatrix> matrix = nullptr);

  // Reads the configuration and opens the databases, the matrix and the key. Everything that is
  // wrong, when anything is.
  static std::expected<std::shared_ptr<const Site>, Problems> load(const std::string& path);

  const Config& config() const { return config_; }
  const geo::SubnetTable& subnets() const { return subnets_; }
  const std::vector<std::shared_ptr<const geo::Database>>& databases() const { return databases_; }
  // The PoPs, in the order of config().pops, and the policies of the distributions.
  const std::shared_ptr<const geo::Chart>& chart() const { return chart_; }
  // Of the chart: that of the distribution, or, without one, the nearest of all PoPs.
  uint32_t policy(const Host& host) const;

  // Null: there is no [dns].
  const std::shared_ptr<const dns::Zone>& zone() const { return zone_; }
  // Null: the zone is not signed.
  const dns::SigningKey::Pointer& zone_key() const { return zone_key_; }
  // Of config().pops, by index.
  const std::vector<dns::PopAddresses>& addresses() const { return addresses_; }

  // `host`: lower case, without port. The exact name, else the longest suffix, else "*".
  Host find_host(std::string_view host) const;

 private:
  Config config_;
  geo::SubnetTable subnets_;
  std::vector<std::shared_ptr<const geo::Database>> databases_;
  std::shared_ptr<const geo::Chart> chart_;
  std::vector<dns::PopAddresses> addresses_;
  std::shared_ptr<const dns::Zone> zone_;
  dns::SigningKey::Pointer zone_key_;
  std::map<std::string, size_t, std::less<>> hosts_;  // "a.b", ".b" for "*.b", "*"; distributions
};

}  // namespace atl::control
