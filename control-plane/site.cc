#include "control-plane/site.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "lib/base/check.h"
#include "lib/base/durable_file.h"

namespace atl::control {
namespace {

constexpr size_t kLargestMatrix = 16 << 20;  // bytes; 1024 regions take less

// The last policy is that of no distribution.
std::shared_ptr<const geo::Chart> chart_of(const Config& config,
                                           std::shared_ptr<const geo::RttMatrix> matrix) {
  std::vector<geo::PopSpec> pops;
  for (const PopConfig& pop : config.pops) pops.push_back({pop.id, pop.at, pop.bias, pop.fence});
  std::vector<geo::PolicySpec> policies = config.routing.distributions;
  policies.emplace_back();
  return std::make_shared<const geo::Chart>(std::move(pops), policies, std::move(matrix),
                                            config.routing.radius_km);
}

std::expected<std::string, std::string> read_whole(const std::string& path) {
  auto text = read_file(path, kLargestMatrix);
  if (!text) return std::unexpected(std::move(text.error()));
  if (!*text) return std::unexpected(fmt::format("{}: there is no such file", path));
  return **std::move(text);
}

std::expected<std::shared_ptr<const geo::RttMatrix>, Problems> read_matrix(
    const RoutingConfig& routing) {
  const auto regions = read_whole(routing.regions_path);
  const auto matrix = read_whole(routing.matrix_path);
  Problems problems;
  for (const auto* text : {&regions, &matrix}) {
    if (!*text) problems.push_back(text->error());
  }
  if (!problems.empty()) return std::unexpected(std::move(problems));
  auto parsed =
      geo::RttMatrix::parse({routing.regions_path, *regions}, {routing.matrix_path, *matrix});
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  return std::make_shared<const geo::RttMatrix>(*std::move(parsed));
}

}  // namespace

Site::Site(Config config, std::vector<std::shared_ptr<const geo::Database>> databases,
           dns::SigningKey::Pointer zone_key, std::shared_ptr<const geo::RttMatrix> matrix)
    : config_(std::move(config)),
      subnets_(config_.subnets),
      databases_(std::move(databases)),
      chart_(chart_of(config_, std::move(matrix))),
      zone_key_(std::move(zone_key)) {
  for (const PopConfig& pop : config_.pops) addresses_.push_back(pop_addresses(pop));
  if (config_.zone) {
    auto zone =
        dns::Zone::make(*config_.zone);  // it was made once before, to see whether it can be
    ATOLL_CHECK(zone.has_value());
    zone_ = std::make_shared<const dns::Zone>(*std::move(zone));
  }
  for (size_t i = 0; i < config_.content.distributions.size(); ++i) {
    for (const std::string& host : config_.content.distributions[i].hosts) {
      hosts_.emplace(host.starts_with("*.") ? host.substr(1) : host, i);
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
  std::shared_ptr<const geo::RttMatrix> matrix;
  if (!config->routing.matrix_path.empty()) {
    auto read = read_matrix(config->routing);
    if (read) {
      matrix = *std::move(read);
    } else {
      std::move(read.error().begin(), read.error().end(), std::back_inserter(problems));
    }
  }
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return std::make_shared<const Site>(*std::move(config), std::move(databases), std::move(zone_key),
                                      std::move(matrix));
}

uint32_t Site::policy(const Host& host) const {
  return chart_->policy_of(host.claim == Claim::None ? config_.content.distributions.size()
                                                     : host.index);
}

Site::Host Site::find_host(std::string_view host) const {
  const auto found = [this](Claim claim, size_t index) {
    return Host{claim, config_.content.distributions[index].id, index};
  };
  if (const auto exact = hosts_.find(host); exact != hosts_.end() && host != "*") {
    return found(Claim::Named, exact->second);
  }
  for (size_t dot = host.find('.', 1); dot != std::string_view::npos;
       dot = host.find('.', dot + 1)) {
    if (const auto suffix = hosts_.find(host.substr(dot)); suffix != hosts_.end()) {
      return found(Claim::Named, suffix->second);
    }
  }
  if (const auto any = hosts_.find("*"); any != hosts_.end()) {
    return found(Claim::Any, any->second);
  }
  return {};
}

}  // namespace atl::control
