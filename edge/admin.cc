#include "edge/admin.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "lib/http/status.h"

namespace atl::edge {
namespace {

struct Page {
  uint16_t status = 200;
  std::string_view type = "text/plain; charset=utf-8";
  std::string body;
  std::string_view extra;
};

Page page_for(const http::RequestHead& head, EdgeNode& node) {
  if (head.method != "GET" && head.method != "HEAD") {
    return {405, "text/plain; charset=utf-8", "only GET and HEAD\n", "Allow: GET, HEAD\r\n"};
  }
  const std::string_view path = head.path_and_query.substr(0, head.path_and_query.find('?'));
  if (path == "/healthz") {
    if (node.serving()) return {.body = "serving\n"};
    return {.status = 503, .body = node.health().detail + "\n"};
  }
  if (path == "/metrics")
    return {200, "text/plain; version=0.0.4; charset=utf-8", node.metrics(), {}};
  if (path == "/statusz") return {200, "application/json", node.status_json(), {}};
  return {.status = 404, .body = "there is /healthz, /metrics and /statusz\n"};
}

}  // namespace

std::unique_ptr<server::Handler> Admin::on_request(const http::RequestHead& head,
                                                   server::Responder& responder) {
  Page page = page_for(head, node_);
  const std::string lines = fmt::format(
      "HTTP/1.1 {} {}\r\n{}Content-Type: {}\r\nCache-Control: no-store\r\n{}", page.status,
      http::reason_phrase(page.status),
      date_.at(std::chrono::floor<std::chrono::seconds>(clock_.wall())), page.type, page.extra);
  auto body = std::make_unique<std::string>(std::move(page.body));
  const std::string_view text = *body;
  const std::string_view pieces = lines;
  responder.respond({&pieces, 1}, {&text, 1},
                    {.length = text.size(), .bodiless = head.method == "HEAD"},
                    hold(std::move(body)));
  return nullptr;
}

}  // namespace atl::edge
