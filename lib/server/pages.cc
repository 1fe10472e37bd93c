#include "lib/server/pages.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "lib/http/status.h"

namespace atl::server {

std::unique_ptr<Handler> Pages::on_request(const http::RequestHead& head, Responder& responder) {
  const bool reads = head.method == "GET" || head.method == "HEAD";
  Page page = reads ? this->page(head.path_and_query.substr(0, head.path_and_query.find('?')))
                    : Page{.status = 405, .body = "only GET and HEAD\n"};
  const std::string lines =
      fmt::format("HTTP/1.1 {} {}\r\n{}Content-Type: {}\r\nCache-Control: no-store\r\n{}",
                  page.status, http::reason_phrase(page.status),
                  date_.at(std::chrono::floor<std::chrono::seconds>(clock_.wall())), page.type,
                  reads ? "" : "Allow: GET, HEAD\r\n");
  auto body = std::make_unique<std::string>(std::move(page.body));
  const std::string_view text = *body;
  const std::string_view pieces = lines;
  responder.respond({&pieces, 1}, {&text, 1},
                    {.length = text.size(), .bodiless = head.method == "HEAD"},
                    hold(std::move(body)));
  return nullptr;
}

}  // namespace atl::server
