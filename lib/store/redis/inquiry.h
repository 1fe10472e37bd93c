#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/net/endpoint.h"
#include "lib/net/loop.h"
#include "lib/store/redis/link.h"

namespace atl::store::redis {

// One question that is asked of several servers in turn until one has an answer, again and again.
// Keeps the connection to whoever answered last. Loop thread.
class Inquiry {
 public:
  // False: this is no answer, ask the next.
  using OnAnswer = std::function<bool(const Reply& reply, const net::Endpoint& from)>;
  // Nobody had one; static text. Asked again after kSpacing.
  using OnNothing = std::function<void(const char* why)>;

  static constexpr std::chrono::milliseconds kSpacing{100};    // of two inquiries
  static constexpr std::chrono::milliseconds kPatience{1000};  // with one server

  Inquiry(net::Loop& loop, LinkOptions options, std::string question, OnAnswer on_answer,
          OnNothing on_nothing);
  ~Inquiry();
  Inquiry(const Inquiry&) = delete;
  Inquiry& operator=(const Inquiry&) = delete;

  void set_servers(std::vector<net::Endpoint> servers) { servers_ = std::move(servers); }
  // As soon as the spacing allows, unless it is being asked.
  void ask();

 private:
  void begin();
  void ask_next();
  void drop();

  net::Loop& loop_;
  const LinkOptions options_;
  const std::string question_;
  const OnAnswer on_answer_;
  const OnNothing on_nothing_;
  std::vector<net::Endpoint> servers_;
  size_t next_ = 0;    // in servers_
  size_t to_try_ = 0;  // 0: nothing is being asked
  MonoTime begun_{};
  const char* why_ = "";
  std::unique_ptr<Link> link_;
  std::shared_ptr<Inquiry*> self_;  // null inside when this is gone
  net::Timer timer_;
};

}  // namespace atl::store::redis
