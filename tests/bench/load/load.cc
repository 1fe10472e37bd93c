// bench-load: asks one server for objects and prints one line of JSON. Closed loop, or at a fixed
// rate with latency counted from the moment a request was due, so that a server that stalls is seen
// to.

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <cstdio>
#include <deque>
#include <map>
#include <vector>

#include "tests/bench/load/client.h"
#include "tests/bench/load/plan.h"
#include "tests/bench/load/tally.h"

namespace atl::bench {
namespace {

using Clock = std::chrono::steady_clock;

class Run {
 public:
  explicit Run(const Options& options)
      : options_(options),
        plan_(options),
        clients_(options.connections),
        poller_(epoll_create1(0)) {
    to_.sin_family = AF_INET;
    to_.sin_port = htons(options.port);
    inet_pton(AF_INET, options.host.c_str(), &to_.sin_addr);
  }
  ~Run() { ::close(poller_); }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  int go() {
    for (Client& client : clients_) {
      if (!client.connect(to_, poller_)) {
        fmt::print(stderr, "bench-load: no connection to {}:{}\n", options_.host, options_.port);
        return 1;
      }
      idle_.push_back(&client);
    }
    begun_ = Clock::now();
    const auto end = begun_ + std::chrono::duration_cast<Clock::duration>(
                                  std::chrono::duration<double>(options_.seconds));
    while (!finished(end)) turn();
    const std::chrono::duration<double> took = Clock::now() - begun_;
    fmt::print("RESULT {}\n", tally_.to_json(took.count()));
    return 0;
  }

 private:
  bool finished(Clock::time_point end) const {
    if (options_.requests != 0 && tally_.requests() >= options_.requests) return true;
    return options_.requests == 0 && Clock::now() >= end;
  }

  void turn() {
    issue();
    std::array<epoll_event, 128> events;
    // At a fixed rate the generator has a core to itself and looks at the clock all the time.
    const int wait = options_.rate > 0 ? 0 : 100;
    const int count = ::epoll_wait(poller_, events.data(), events.size(), wait);
    for (int i = 0; i < count; ++i) {
      Client& client = *static_cast<Client*>(events[static_cast<size_t>(i)].data.ptr);
      client.receive();
      settle(client);
    }
  }

  // Hands requests to idle connections: all that are due, or one each.
  void issue() {
    const auto now = Clock::now();
    while (!idle_.empty()) {
      auto due = now;
      if (options_.rate > 0) {
        due = begun_ + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(
                           static_cast<double>(plan_.made()) / options_.rate));
        if (due > now) return;
      }
      if (options_.requests != 0 && plan_.made() >= options_.requests) return;
      Client& client = *idle_.front();
      idle_.pop_front();
      if (options_.close && !client.connect(to_, poller_)) return broke(client);
      client.send(plan_.next(), due);
      if (client.state() == Client::State::Broken) return broke(client);
    }
  }

  void settle(Client& client) {
    if (client.state() == Client::State::Broken) return broke(client);
    if (client.state() != Client::State::Answered) return;
    const Client::Answer answer = client.take();
    tally_.answered(answer.latency, answer.body, answer.status == 200);
    if (options_.close) client.close();
    idle_.push_back(&client);
  }

  void broke(Client& client) {
    tally_.failed();
    if (options_.close || client.connect(to_, poller_)) idle_.push_back(&client);
  }

  const Options& options_;
  Plan plan_;
  std::vector<Client> clients_;
  std::deque<Client*> idle_;
  const int poller_;
  sockaddr_in to_{};
  Clock::time_point begun_{};
  Tally tally_;
};

}  // namespace
}  // namespace atl::bench

int main(int argc, char** argv) {
  using atl::bench::Order;
  atl::bench::Options options;
  CLI::App app("bench-load: a closed-loop or fixed-rate HTTP/1.1 load generator on one thread");
  app.add_option("--host", options.host, "IPv4 address")->check(CLI::ValidIPV4);
  app.add_option("--port", options.port)->required();
  app.add_option("--prefix", options.prefix, "Path before the number");
  app.add_option("--suffix", options.suffix, "Path and query after the number");
  app.add_option("--first", options.first, "First number");
  app.add_option("--distinct", options.distinct, "How many numbers")->check(CLI::PositiveNumber);
  app.add_option("--order", options.order, "same, random or sequence")
      ->transform(CLI::CheckedTransformer(std::map<std::string, Order>{
          {"same", Order::Same}, {"random", Order::Random}, {"sequence", Order::Sequence}}));
  app.add_option("--connections", options.connections)->check(CLI::Range(1, 200'000));
  app.add_option("--seconds", options.seconds)->check(CLI::Range(0.1, 3600.0));
  app.add_option("--requests", options.requests, "Stop after so many instead");
  app.add_option("--rate", options.rate, "Requests a second, whatever the server does");
  app.add_flag("--close", options.close, "A new connection for every request");
  CLI11_PARSE(app, argc, argv);
  return atl::bench::Run(options).go();
}
