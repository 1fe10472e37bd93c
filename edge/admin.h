#pragma once

#include <memory>
#include <string_view>

#include "edge/edge_node.h"
#include "lib/base/clock.h"
#include "lib/http/date.h"
#include "lib/server/application.h"

namespace atl::edge {

// The admin listener's application: /healthz, /metrics, /statusz. Control loop.
class Admin final : public server::Application {
 public:
  Admin(EdgeNode& node, const Clock& clock) : node_(node), clock_(clock) {}

  std::unique_ptr<server::Handler> on_request(const http::RequestHead& head,
                                              server::Responder& responder) override;
  void on_refused(uint16_t, const char*) override {}

 private:
  EdgeNode& node_;
  const Clock& clock_;
  http::DateLine date_;
};

}  // namespace atl::edge
