#include "edge/admin.h"

#include "lib/base/metrics.h"

namespace atl::edge {

server::Page Admin::page(std::string_view path) {
  if (path == "/healthz") {
    if (node_.serving()) return {.body = "serving\n"};
    return {.status = 503, .body = node_.health().detail + "\n"};
  }
  if (path == "/metrics") return {.type = kMetricsType, .body = node_.metrics()};
  if (path == "/statusz") return {.type = "application/json", .body = node_.status_json()};
  return {.status = 404, .body = "there is /healthz, /metrics and /statusz\n"};
}

}  // namespace atl::edge
