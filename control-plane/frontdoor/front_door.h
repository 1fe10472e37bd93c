#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "control-plane/access/guard.h"
#include "control-plane/controller.h"
#include "control-plane/dashboard/asset.h"
#include "control-plane/fleet/fleet.h"
#include "control-plane/frontdoor/dns_feed.h"
#include "control-plane/frontdoor/endpoint.h"
#include "control-plane/frontdoor/live.h"
#include "control-plane/frontdoor/metrics.h"
#include "control-plane/frontdoor/reply.h"
#include "control-plane/frontdoor/routing.h"
#include "lib/base/clock.h"
#include "lib/server/application.h"

namespace atl::control {

// The HTTP side of the control plane: sends clients to their PoP, answers the API as its table says
// (endpoint.h) and hands out the dashboard. What has no body to read is answered at once, but for
// the live stream. Loop thread.
class FrontDoor final : public server::Application {
 public:
  // All outlive the front door.
  FrontDoor(const Clock& clock, const Controller& controller, Fleet& fleet, Routing& routing,
            Live& live, Guard& guard, std::string_view version, std::span<const Asset> dashboard);

  std::unique_ptr<server::Handler> on_request(const http::RequestHead& head,
                                              server::Responder& responder) override;
  void on_refused(uint16_t status, const char* reason) override;

  // Whose figures /metrics has too; outlives the front door. Without it there is no [dns].
  void set_dns(const DnsFeed& feed) { dns_ = &feed; }

  const FrontDoorCounters& counters() const { return counters_; }

 private:
  class BodyHandler;

  bool is_api(std::string_view host, std::string_view path) const;
  bool own_host(std::string_view host) const;
  std::unique_ptr<server::Handler> api(const http::RequestHead& head, std::string_view host,
                                       server::Responder& responder);
  // Null, or why a request that changes something is not accepted.
  const char* refuse_change(const http::RequestHead& head, std::string_view host,
                            const Endpoint& endpoint) const;
  std::unique_ptr<server::Handler> listen(const Endpoint& endpoint, const Caller& caller,
                                          server::Responder& responder);
  // Answers, and has it in the audit log if it changes something.
  Reply answer(const Endpoint& endpoint, const Call& call);
  void record(const Endpoint& endpoint, const Caller& caller, std::string_view client,
              const Reply& reply);
  Reply redirect(const http::RequestHead& head, std::string_view peer, std::string_view host);
  Authentication authentication() const;
  http::DateTime now() const;

  const Clock& clock_;
  const Controller& controller_;
  Fleet& fleet_;
  Routing& routing_;
  Live& live_;
  Guard& guard_;
  const std::string version_;
  const std::span<const Asset> dashboard_;
  const DnsFeed* dns_ = nullptr;
  FrontDoorCounters counters_;
};

}  // namespace atl::control
