#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control-plane/geo/estimate.h"
#include "control-plane/geo/fence.h"
#include "control-plane/geo/rtt_matrix.h"
#include "lib/geo/distance.h"

namespace atl::geo {

// A PoP as the operator describes it.
struct PopSpec {
  std::string id;
  Coordinates at;
  // Percent, -99..99. Positive: it draws clients from farther away, as if round trips to it were so
  // much shorter; negative: the reverse. As Route 53's geoproximity bias counts, but for round
  // trips where that one counts kilometres.
  int bias = 0;
  Fence fence;
};

// By what the PoPs of a distribution are put in order.
enum class Steer : uint8_t {
  Nearest,   // by round trip
  Weighted,  // by chance that is the same for everybody in one network, in proportion to weights
  Failover,  // in the operator's order
};

// How a distribution's clients are steered. PoPs are named by their index.
struct PolicySpec {
  struct Target {
    uint32_t pop = 0;
    uint32_t weight = 1;  // of Weighted; 0: only when no other one takes requests
    bool operator==(const Target&) const = default;
  };
  struct Canary {
    uint32_t pop = 0;
    double percent = 0;  // of the clients' networks, wherever they are
    bool operator==(const Canary&) const = default;
  };
  Steer steer = Steer::Nearest;
  // Failover: in order. Empty (Nearest only): every PoP.
  std::vector<Target> targets;
  // Of Nearest: that PoP has its share of the clients; others come to it only when no other PoP
  // takes requests.
  std::optional<Canary> canary;
  Fence fence;
  std::string salt;  // of the chance: what has another one chooses independently
  bool operator==(const PolicySpec&) const = default;
};

// What routing knows that changes with the configuration only, made ready for decisions. Immutable;
// any thread.
class Chart {
 public:
  struct Policy {
    PolicySpec spec;
    std::bitset<kCountries> admitted;
    std::vector<float> listed;    // 0 for its PoPs, infinity for others
    std::vector<uint64_t> salts;  // of Weighted, by target
    uint64_t canary_salt = 0;
  };
  // A place of clients.
  struct Origin {
    Direction at;
    std::optional<uint32_t> region;  // of the matrix
  };

  // `distributions`: a policy for each, by its index. `matrix` may be null. Places farther than
  // `radius_km` from every region of it are estimated by the model alone.
  Chart(std::vector<PopSpec> pops, const std::vector<PolicySpec>& distributions,
        std::shared_ptr<const RttMatrix> matrix = nullptr, double radius_km = 0);

  size_t size() const { return pops_.size(); }
  const PopSpec& pop(uint32_t index) const { return pops_[index]; }
  const Direction& direction(uint32_t index) const { return directions_[index]; }
  uint64_t salt(uint32_t index) const { return salts_[index]; }
  std::optional<uint32_t> find(std::string_view id) const;

  // Distributions that are steered alike have one policy in common.
  uint32_t policy_of(size_t distribution) const { return policy_of_[distribution]; }
  const Policy& policy(uint32_t index) const { return policies_[index]; }
  size_t policies() const { return policies_.size(); }

  Origin locate(const Direction& place) const;
  Estimate estimate(const Origin& client, uint32_t pop) const;
  // The name of a region of the matrix, empty for none.
  std::string_view region_name(const std::optional<uint32_t>& region) const;
  const std::optional<uint32_t>& region_of(uint32_t pop) const { return regions_[pop]; }

  // Rows of one float for each PoP, filled up to stride().
  size_t stride() const { return stride_; }
  const float* x() const { return axes_.data(); }
  const float* y() const { return axes_.data() + stride_; }
  const float* z() const { return axes_.data() + 2 * stride_; }
  const float* factor() const { return factor_.data(); }
  const float* excess(const Origin& client) const;
  // 0 where clients of the country are let in, infinity elsewhere.
  const float* fence(CountryNumber country) const;

 private:
  void chart_pops();
  void chart_excess();
  void chart_fences();
  void chart_policy(const PolicySpec& spec);

  std::vector<PopSpec> pops_;
  std::shared_ptr<const RttMatrix> matrix_;
  double radius_km_;
  size_t stride_;
  std::vector<Direction> directions_;
  std::vector<uint64_t> salts_;
  std::map<std::string, uint32_t, std::less<>> by_id_;
  std::vector<std::optional<uint32_t>> regions_;
  std::vector<float> axes_;
  std::vector<float> factor_;
  std::vector<float> excess_;       // a row for each region, then one of zeros
  std::vector<float> fences_;       // a row for each kind of country
  std::vector<uint16_t> fence_of_;  // by country
  std::vector<Policy> policies_;
  std::vector<uint32_t> policy_of_;
};

}  // namespace atl::geo
