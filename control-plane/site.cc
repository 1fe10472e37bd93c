#include "control-plane/site.h"

#include <utility>

#include "lib/base/check.h"

namespace atl::control {

Site::Site(Config config, std::vector<std::shared_ptr<const geo::Database>> databases,
           dns::SigningKey::Pointer zone_key)
    : config_(std::move(config)),
      subnets_(config_.subnets),
      databases_(std::move(databases)),
      zone_key_(std::move(zone_key)) {
  for (const PopConfig& pop : config_.pops) {
    directions_.push_back(geo::direction_of(pop.at));
    addresses_.push_back(pop_addresses(pop));
  }
  if (config_.zone) {
    auto zone =
        dns::Zone::make(*config_.zone);  // it was made once before, to see whether it can be
    ATOLL_CHECK(zone.has_value());
    zone_ = std::make_shared<const dns::Zone>(*std::move(zone));
  }
  for (const DistributionConfig& distribution : config_.content.distributions) {
    for (const std::string& host : distribution.hosts) {
      hosts_.emplace(host.starts_with("*.") ? host.substr(1) : host, distribution.id);
    }
  }
}

std::expected<std::shared_ptr<const Site>, Problems> Site::load(const std::string& path) {
  auto config = read_config(path);
  if (!config) return std::unexpected(std::move(config.error()));
  Problems problems;
  std::vector<std::shared_ptr<const geo::Database>> databases;
  for (const std::string& file : config->geo_databases) {
    auto database = geo::Database::open(file);
    if (database) {
      databases.push_back(*std::move(database));
    } else {
      problems.push_back(std::move(database.error()));
    }
  }
  dns::SigningKey::Pointer zone_key;
  if (!config->zone_key_path.empty()) {
    auto opened = dns::SigningKey::open(config->zone_key_path);
    if (opened) {
      zone_key = *std::move(opened);
    } else {
      problems.push_back(std::move(opened.error()));
    }
  }
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return std::make_shared<const Site>(*std::move(config), std::move(databases),
                                      std::move(zone_key));
}

Site::Host Site::find_host(std::string_view host) const {
  if (const auto exact = hosts_.find(host); exact != hosts_.end() && host != "*") {
    return {Claim::Named, exact->second};
  }
  for (size_t dot = host.find('.', 1); dot != std::string_view::npos;
       dot = host.find('.', dot + 1)) {
    if (const auto suffix = hosts_.find(host.substr(dot)); suffix != hosts_.end()) {
      return {Claim::Named, suffix->second};
    }
  }
  if (const auto any = hosts_.find("*"); any != hosts_.end()) return {Claim::Any, any->second};
  return {};
}

}  // namespace atl::control
