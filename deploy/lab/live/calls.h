#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "deploy/lab/live/http_connection.h"

namespace atl::lab {

// Questions to the programs themselves, past the relay: each on a connection of its own. Loop
// thread.
class Calls {
 public:
  explicit Calls(net::Loop& loop) : loop_(loop) {}

  // `on_answer` is not called when this dies first. It may call again.
  void get(const net::Endpoint& to, std::string_view target, HttpConnection::OnAnswer on_answer);
  void post_json(const net::Endpoint& to, std::string_view target, std::string_view json,
                 HttpConnection::OnAnswer on_answer);
  size_t open() const { return open_.size(); }

 private:
  void ask(const net::Endpoint& to, std::string request, HttpConnection::OnAnswer on_answer);

  net::Loop& loop_;
  std::unordered_map<uint64_t, std::unique_ptr<HttpConnection>> open_;
  uint64_t next_ = 1;
};

}  // namespace atl::lab
