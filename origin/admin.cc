#include "origin/admin.h"

#include "lib/base/log.h"
#include "lib/base/metrics.h"
#include "lib/net/endpoint.h"
#include "origin/stats/exposition.h"

namespace atl::origin {

std::expected<std::unique_ptr<Admin>, std::string> Admin::start(const std::string& listen,
                                                                CountedService& service,
                                                                const Clock& clock) {
  std::unique_ptr<Admin> admin(new Admin(service, clock));
  const auto at = net::parse_endpoint(listen);
  const auto bound = at ? admin->server_.listen(*at) : std::unexpected(at.error());
  if (!bound) return std::unexpected("admin_listen " + listen + ": " + bound.error().detail);
  log_info("admin on {}", net::to_string(*bound));
  admin->thread_ = std::thread([loop = &admin->loop_] { loop->run(); });
  return admin;
}

Admin::~Admin() {
  if (!thread_.joinable()) return;
  loop_.stop();
  thread_.join();
}

server::Page Admin::Application::page(std::string_view path) {
  if (path == "/healthz") return {.body = "serving\n"};
  if (path == "/metrics") return {.type = kMetricsType, .body = write_metrics(service_)};
  return {.status = 404, .body = "there is /healthz and /metrics\n"};
}

}  // namespace atl::origin
