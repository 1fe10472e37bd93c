#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "edge/purge.h"
#include "edge/routing/route_table.h"
#include "tests/component/edge/lab.h"

namespace atl::test {

inline constexpr std::string_view kFresh = "Cache-Control: max-age=60\r\n";

inline edge::RouteConfig config_with(edge::CachePolicy cache) {
  edge::RouteConfig config;
  config.version = 2;
  config.origins = {{.id = "a", .endpoint = "a:1", .source = "site"}};
  config.origin_groups = {{.id = "site", .origins = {"a"}, .failover_statuses = {}}};
  edge::BehaviourConfig behaviour{.path_pattern = "*", .origin_group = "site"};
  behaviour.cache = std::move(cache);
  config.distributions = {{.id = "site", .hosts = {"*"}, .behaviours = {std::move(behaviour)}}};
  return config;
}

// A lab whose origin answers every request with its own number.
struct PolicyLab : Lab {
  explicit PolicyLab(edge::RouteConfig config, uint16_t status = 200,
                     std::string lines = std::string(kFresh)) {
    routes = *edge::RouteTable::build(std::move(config));
    bench.frontend->set_routes(routes);
    origin.on_open = [this, status, lines = std::move(lines)](const FakeCallPtr& call) {
      call->answer(status, lines, std::to_string(++answered));
    };
  }
  explicit PolicyLab(edge::CachePolicy cache) : PolicyLab(config_with(std::move(cache))) {}

  uint64_t purge(edge::PurgeSpec spec) {
    return edge::carry_out(spec, routes.get(), shared, {})->objects;
  }

  std::shared_ptr<const edge::RouteTable> routes;
  int answered = 0;
};

inline edge::CachePolicy keyed(policy::KeyPolicy key) {
  edge::CachePolicy cache;
  cache.key = std::move(key);
  return cache;
}

}  // namespace atl::test
