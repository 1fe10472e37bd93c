#include "control-plane/geo/chart.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "control-plane/geo/client_hash.h"
#include "control-plane/geo/price.h"

namespace atl::geo {
namespace {

constexpr float kNever = std::numeric_limits<float>::infinity();

size_t rounded_up(size_t count) { return (count + kLanes - 1) / kLanes * kLanes; }

// As AWS defines it for distances: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/
// routing-policy-geoproximity.html
float factor_of(int bias) {
  const float share = static_cast<float>(bias) / 100;
  return bias >= 0 ? 1 - share : 1 / (1 + share);
}

}  // namespace

Chart::Chart(std::vector<PopSpec> pops, const std::vector<PolicySpec>& distributions,
             std::shared_ptr<const RttMatrix> matrix, double radius_km)
    : pops_(std::move(pops)),
      matrix_(std::move(matrix)),
      radius_km_(radius_km),
      stride_(rounded_up(pops_.size())) {
  chart_pops();
  chart_excess();
  chart_fences();
  for (const PolicySpec& spec : distributions) chart_policy(spec);
}

void Chart::chart_pops() {
  axes_.resize(3 * stride_);
  factor_.assign(stride_, kNever);
  for (uint32_t i = 0; i < pops_.size(); ++i) {
    const Direction direction = direction_of(pops_[i].at);
    directions_.push_back(direction);
    salts_.push_back(salt_of(pops_[i].id));
    by_id_.try_emplace(pops_[i].id, i);
    regions_.push_back(locate(direction).region);
    axes_[i] = static_cast<float>(direction.x);
    axes_[stride_ + i] = static_cast<float>(direction.y);
    axes_[2 * stride_ + i] = static_cast<float>(direction.z);
    factor_[i] = factor_of(pops_[i].bias);
  }
}

void Chart::chart_excess() {
  const size_t regions = matrix_ ? matrix_->size() : 0;
  excess_.resize((regions + 1) * stride_);
  for (size_t from = 0; from < regions; ++from) {
    for (size_t i = 0; i < pops_.size(); ++i) {
      if (!regions_[i]) continue;
      excess_[from * stride_ + i] = static_cast<float>(matrix_->excess_ms(from, *regions_[i]));
    }
  }
}

// Countries that every PoP treats alike share a row; there are few kinds.
void Chart::chart_fences() {
  std::vector<std::bitset<kCountries>> in;
  for (const PopSpec& pop : pops_) in.push_back(admitted(pop.fence));
  std::map<std::vector<bool>, uint16_t> kinds;
  for (size_t country = 0; country < kCountries; ++country) {
    std::vector<bool> kind;
    for (const auto& pop : in) kind.push_back(pop.test(country));
    const auto [found, added] = kinds.try_emplace(kind, static_cast<uint16_t>(kinds.size()));
    fence_of_.push_back(found->second);
    if (!added) continue;
    for (size_t i = 0; i < stride_; ++i) {
      fences_.push_back(i < kind.size() && !kind[i] ? kNever : 0);
    }
  }
}

void Chart::chart_policy(const PolicySpec& spec) {
  const auto same = std::find_if(policies_.begin(), policies_.end(),
                                 [&](const Policy& policy) { return policy.spec == spec; });
  policy_of_.push_back(static_cast<uint32_t>(same - policies_.begin()));
  if (same != policies_.end()) return;
  Policy policy{spec, admitted(spec.fence), {}, {}, salt_of(spec.salt)};
  policy.listed.assign(stride_, spec.targets.empty() ? 0 : kNever);
  for (const PolicySpec::Target& target : spec.targets) {
    policy.listed[target.pop] = 0;
    policy.salts.push_back(salt_of(spec.salt) ^ salts_[target.pop]);
  }
  if (spec.canary) policy.listed[spec.canary->pop] = 0;
  policies_.push_back(std::move(policy));
}

std::optional<uint32_t> Chart::find(std::string_view id) const {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return std::nullopt;
  return found->second;
}

Chart::Origin Chart::locate(const Direction& place) const {
  if (matrix_ == nullptr) return {place, std::nullopt};
  return {place, matrix_->near(place, radius_km_)};
}

Estimate Chart::estimate(const Origin& client, uint32_t pop) const {
  Estimate estimate;
  estimate.measured = client.region && regions_[pop];
  const double excess =
      estimate.measured ? matrix_->excess_ms(*client.region, *regions_[pop]) : 0.0;
  estimate.distance_km = distance_km(client.at, directions_[pop]);
  estimate.rtt_ms = estimated_rtt_ms(estimate.distance_km, excess);
  return estimate;
}

std::string_view Chart::region_name(const std::optional<uint32_t>& region) const {
  return region ? std::string_view(matrix_->name(*region)) : std::string_view();
}

const float* Chart::excess(const Origin& client) const {
  const size_t regions = matrix_ ? matrix_->size() : 0;
  return excess_.data() + (client.region ? *client.region : regions) * stride_;
}

const float* Chart::fence(CountryNumber country) const {
  return fences_.data() + fence_of_[country] * stride_;
}

}  // namespace atl::geo
