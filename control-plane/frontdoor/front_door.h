#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "control-plane/controller.h"
#include "control-plane/dashboard/asset.h"
#include "control-plane/fleet/fleet.h"
#include "control-plane/frontdoor/dns_feed.h"
#include "control-plane/frontdoor/live.h"
#include "control-plane/frontdoor/metrics.h"
#include "control-plane/frontdoor/reply.h"
#include "lib/base/clock.h"
#include "lib/server/application.h"

namespace atl::control {

// The HTTP side of the control plane: sends clients to their PoP, explains why, answers the API and
// hands out the dashboard. Everything but purges and the live stream is answered at once. Loop
// thread.
class FrontDoor final : public server::Application {
 public:
  // All outlive the front door.
  FrontDoor(const Clock& clock, const Controller& controller, Fleet& fleet, Live& live,
            std::string_view version, std::span<const Asset> dashboard);

  std::unique_ptr<server::Handler> on_request(const http::RequestHead& head,
                                              server::Responder& responder) override;
  void on_refused(uint16_t status, const char* reason) override;

  // Whose figures /metrics has too; outlives the front door. Without it there is no [dns].
  void set_dns(const DnsFeed& feed) { dns_ = &feed; }

  const FrontDoorCounters& counters() const { return counters_; }

 private:
  class PurgeHandler;

  bool is_api(std::string_view host, std::string_view path) const;
  Reply api(const http::RequestHead& head, std::string_view path, std::string_view query);
  Reply route(std::string_view query) const;
  Reply redirect(const http::RequestHead& head, std::string_view peer, std::string_view host);
  // Null, or why a request that changes something is not accepted.
  const char* refuse_change(const http::RequestHead& head, std::string_view host) const;
  bool own_host(std::string_view host) const;
  ApiView view() const { return {controller_, fleet_, version_}; }
  http::DateTime now() const;

  const Clock& clock_;
  const Controller& controller_;
  Fleet& fleet_;
  Live& live_;
  const std::string version_;
  const std::span<const Asset> dashboard_;
  const DnsFeed* dns_ = nullptr;
  FrontDoorCounters counters_;
};

}  // namespace atl::control
