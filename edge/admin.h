#pragma once

#include <string_view>

#include "edge/edge_node.h"
#include "lib/server/pages.h"

namespace atl::edge {

// The admin listener's application: /healthz, /metrics, /statusz. Control loop.
class Admin final : public server::Pages {
 public:
  Admin(EdgeNode& node, const Clock& clock) : Pages(clock), node_(node) {}

 private:
  server::Page page(std::string_view path) override;

  EdgeNode& node_;
};

}  // namespace atl::edge
