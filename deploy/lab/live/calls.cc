#include "deploy/lab/live/calls.h"

#include <fmt/format.h>

#include <utility>

namespace atl::lab {
namespace {

constexpr uint64_t kLargestAnswer = uint64_t{16} << 20;

}  // namespace

void Calls::get(const net::Endpoint& to, std::string_view target,
                HttpConnection::OnAnswer on_answer) {
  ask(to,
      fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", target,
                  net::to_string(to)),
      std::move(on_answer));
}

void Calls::post_json(const net::Endpoint& to, std::string_view target, std::string_view json,
                      HttpConnection::OnAnswer on_answer) {
  ask(to,
      fmt::format("POST {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n"
                  "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
                  target, net::to_string(to), json.size(), json),
      std::move(on_answer));
}

void Calls::ask(const net::Endpoint& to, std::string request, HttpConnection::OnAnswer on_answer) {
  const uint64_t number = next_++;
  auto connection = std::make_unique<HttpConnection>(loop_, to, kLargestAnswer);
  HttpConnection& asked = *connection;
  open_.emplace(number, std::move(connection));
  asked.ask(std::move(request),
            [this, number, on_answer = std::move(on_answer)](const HttpConnection::Answer& answer) {
              const auto found = open_.find(number);
              loop_.dispose(std::move(found->second));
              open_.erase(found);
              on_answer(answer);
            });
}

}  // namespace atl::lab
