#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "deploy/lab/live/http_connection.h"
#include "deploy/lab/live/objects.h"
#include "deploy/lab/relay/relay.h"
#include "deploy/lab/report/histogram.h"
#include "deploy/lab/scenario/scenario.h"
#include "deploy/lab/simulation/distribution.h"
#include "deploy/lab/simulation/path.h"
#include "deploy/lab/simulation/router.h"
#include "deploy/lab/simulation/tally.h"
#include "deploy/lab/simulation/traffic.h"

namespace atl::lab {

// The clients: sends a scenario's requests at their times through the relay to real edges and
// counts what comes back. Latencies count from when a request was due, so that a driver that is
// late does not hide it. Loop thread; holds references to what it was made of.
class Driver {
 public:
  struct Setup {
    const Scenario& scenario;
    const RunSpec& run;
    const Paths& paths;
    uint64_t seed;
    std::string address;  // of the relay's doors
    std::function<const net::Endpoint&(size_t pop)> edge_of;
  };

  Driver(net::Loop& loop, Relay& relay, const Setup& setup, Traffic& traffic, Router& router,
         Tally& tally);
  ~Driver();

  // Begins; `done` is called when every request was answered, or given up.
  Result<void> start(MonoTime began, std::function<void()> done);
  // From now on the origin takes `factor` times as long.
  void slow_origin(double factor) { factor_ = factor; }

  uint64_t sent() const { return sent_; }
  // How late requests were sent, in microseconds.
  const Histogram& lateness() const { return lateness_; }
  // Counts those that were never answered as errors. Last call.
  void give_up();

 private:
  // The ways of a cell's clients to a PoP: `cold` waits for a handshake, `warm` does not.
  struct Way {
    net::Endpoint cold;
    net::Endpoint warm;
    std::vector<std::unique_ptr<HttpConnection>> idle;
  };
  struct Open;

  void next();
  void send(const Request& request);
  void answered(uint64_t number, const HttpConnection::Answer& answer);
  Result<Way*> way_of(uint32_t cell, uint32_t pop);
  std::unique_ptr<HttpConnection> connection_of(Way& way, bool connects);
  void fail(const Request& request, uint32_t pop);
  void check_over();

  net::Loop& loop_;
  Relay& relay_;
  const Setup setup_;
  Traffic& traffic_;
  Router& router_;
  Tally& tally_;
  Objects objects_;
  Quantiles services_;  // of the origin, microseconds
  Random random_;
  double factor_ = 1;
  std::unique_ptr<net::PreciseTimer> timer_;
  net::Timer patience_;
  MonoTime began_{};
  std::optional<Request> due_;
  std::unordered_map<uint64_t, Way> ways_;  // by cell and PoP
  std::unordered_map<uint64_t, std::unique_ptr<Open>> open_;
  uint64_t sent_ = 0;
  Histogram lateness_;
  std::function<void()> done_;
};

}  // namespace atl::lab
