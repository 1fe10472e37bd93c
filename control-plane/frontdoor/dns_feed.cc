#include "control-plane/frontdoor/dns_feed.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "control-plane/frontdoor/router.h"
#include "lib/base/log.h"

namespace atl::control {
namespace {

bool same_states(const dns::View& a, const dns::View& b) {
  return std::equal(a.pops.begin(), a.pops.end(), b.pops.begin(), b.pops.end(),
                    [](const geo::Pop& x, const geo::Pop& y) { return x.state == y.state; });
}

}  // namespace

std::shared_ptr<const dns::View> make_view(std::shared_ptr<const Site> site, const Fleet& fleet,
                                           uint64_t epoch) {
  auto view = std::make_shared<dns::View>();
  view->epoch = epoch;
  view->zone = site->zone();
  view->key = site->zone_key();
  view->subnets = &site->subnets();
  view->databases = site->databases();
  view->pops = candidates(*site, fleet);
  view->addresses = site->addresses();
  view->holder = std::move(site);
  return view;
}

DnsFeed::DnsFeed(const Clock& clock, const Controller& controller, const Fleet& fleet)
    : clock_(clock),
      controller_(controller),
      fleet_(fleet),
      options_(*controller.site()->config().fixed.dns),
      made_(clock.mono()) {}

bool DnsFeed::known() const {
  const std::vector<PopConfig>& pops = controller_.site()->config().pops;
  return clock_.mono() >= made_ + options_.settle ||
         std::all_of(pops.begin(), pops.end(), [&](const PopConfig& pop) {
           return fleet_.pop_state(pop.id) == NodeState::Active;
         });
}

std::expected<void, std::string> DnsFeed::tick() {
  if (server_ == nullptr && !known()) return {};
  const std::shared_ptr<const Site>& site = controller_.site();
  auto now = make_view(site, fleet_, epoch_ + 1);
  if (view_ && view_->holder == now->holder && same_states(*view_, *now)) return {};
  ++epoch_;
  view_ = std::move(now);
  if (server_ != nullptr) {
    server_->publish(view_);
    return {};
  }
  auto started = dns::Server::start(options_.server, view_);
  if (!started) return std::unexpected(std::move(started.error()));
  server_ = *std::move(started);
  log_info("DNS for {} on {}", site->config().zone->name, fmt::join(options_.server.listen, ", "));
  return {};
}

}  // namespace atl::control
