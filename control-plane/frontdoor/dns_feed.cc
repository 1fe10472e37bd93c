#include "control-plane/frontdoor/dns_feed.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "lib/base/log.h"

namespace atl::control {

std::shared_ptr<const dns::View> make_view(const RoutingState& routing) {
  auto view = std::make_shared<dns::View>();
  const Site& site = *routing.site;
  view->epoch = routing.epoch;
  view->zone = site.zone();
  view->key = site.zone_key();
  view->subnets = &site.subnets();
  view->databases = site.databases();
  view->routing = routing.snapshot;
  view->addresses = site.addresses();
  view->holder = routing.site;
  return view;
}

DnsFeed::DnsFeed(const Clock& clock, const Controller& controller, const Fleet& fleet,
                 Routing& routing)
    : clock_(clock),
      controller_(controller),
      fleet_(fleet),
      routing_(routing),
      options_(*controller.site()->config().fixed.dns),
      made_(clock.mono()) {}

bool DnsFeed::known() const {
  const std::vector<PopConfig>& pops = controller_.site()->config().pops;
  return clock_.mono() >= made_ + options_.settle ||
         std::all_of(pops.begin(), pops.end(), [&](const PopConfig& pop) {
           const PopState state = fleet_.pop_state(pop.id);
           return state != PopState::NotServing && state != PopState::Down;
         });
}

std::expected<void, std::string> DnsFeed::tick() {
  if (server_ == nullptr && !known()) return {};
  const RoutingState& now = routing_.now();
  if (view_ && view_->epoch == now.epoch) return {};
  view_ = make_view(now);
  if (server_ != nullptr) {
    server_->publish(view_);
    return {};
  }
  auto started = dns::Server::start(options_.server, view_);
  if (!started) return std::unexpected(std::move(started.error()));
  server_ = *std::move(started);
  log_info("DNS for {} on {}", now.site->config().zone->name,
           fmt::join(options_.server.listen, ", "));
  return {};
}

}  // namespace atl::control
