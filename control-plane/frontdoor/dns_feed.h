#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control-plane/controller.h"
#include "control-plane/dns/server.h"
#include "control-plane/dns/view.h"
#include "control-plane/fleet/fleet.h"
#include "control-plane/frontdoor/routing.h"
#include "lib/base/clock.h"

namespace atl::control {

// What the DNS server would answer from at this moment: the decision is that of /v1/route.
std::shared_ptr<const dns::View> make_view(const RoutingState& routing);

// Runs the DNS server and keeps it told which zone there is and which PoPs live. It starts when
// that is known: when every PoP has been heard of, or [dns] settle after the feed was made. Until
// then the addresses are closed, and resolvers turn to another name server at once. Loop thread.
class DnsFeed {
 public:
  // Only if there is a [dns]. All outlive the feed.
  DnsFeed(const Clock& clock, const Controller& controller, const Fleet& fleet, Routing& routing);

  // To be called often: an answer is as late as these calls. The error, a sentence, is that the
  // server cannot start; it is given up then.
  std::expected<void, std::string> tick();

  // Null: not yet.
  const dns::Server* server() const { return server_.get(); }

 private:
  bool known() const;

  const Clock& clock_;
  const Controller& controller_;
  const Fleet& fleet_;
  Routing& routing_;
  const FixedDns options_;
  const MonoTime made_;
  std::unique_ptr<dns::Server> server_;
  std::shared_ptr<const dns::View> view_;  // as published
};

}  // namespace atl::control
