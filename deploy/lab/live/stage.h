#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "deploy/lab/live/calls.h"
#include "deploy/lab/live/cluster.h"
#include "deploy/lab/live/driver.h"
#include "deploy/lab/live/objects.h"
#include "deploy/lab/scenario/scenario.h"
#include "deploy/lab/simulation/router.h"
#include "deploy/lab/simulation/tally.h"
#include "deploy/lab/simulation/traffic.h"

namespace atl::lab {

// What happens around the clients: the timeline's events, done to the real programs at their
// times; what the control plane knows of the PoPs, which routing goes by; what the origin has
// counted. Loop thread; holds references to what it was made of.
class Stage {
 public:
  struct Setup {
    const Scenario& scenario;
    const RunSpec& run;
    uint64_t seed;
  };
  Stage(net::Loop& loop, Cluster& cluster, const Setup& setup, const Traffic& traffic,
        Driver& driver, Router& router, Tally& tally);

  // Calls back once when every edge serves what the origin has, and asks the origin where its
  // counters stand. Once.
  void when_ready(std::function<void()> ready);
  // The run begins. `failed` hears what could not be done to a program.
  void start(MonoTime began, std::function<void(std::string)> failed);
  // Calls back once when the PoPs' caches and the origin's counters are in the tally. Last call.
  void finish(std::function<void()> done);

 private:
  struct Counted {
    double fetches = 0;
    double bytes = 0;
  };
  struct Storm {
    size_t event;
    Random random;
    std::unique_ptr<net::PreciseTimer> timer;
    MonoTime next;
  };

  void ask_control();
  void ask_edge(size_t edge);
  void edge_ready();
  void play(size_t event);
  void purge(size_t event);
  void post_purge(const std::string& json);
  void start_storm(size_t event);
  void look_at_pops();
  void look_at_origin(std::function<void()> done);
  void take_caches(std::function<void()> done);
  Tick now() const;

  net::Loop& loop_;
  Cluster& cluster_;
  const Setup setup_;
  const Traffic& traffic_;
  Driver& driver_;
  Router& router_;
  Tally& tally_;
  Objects objects_;
  Calls calls_;
  MonoTime began_{};
  size_t waiting_ = 0;  // edges that do not serve yet
  std::function<void()> ready_;
  std::function<void(std::string)> failed_;
  std::vector<bool> up_;  // PoPs, as the control plane said last
  Counted counted_;
  bool asking_pops_ = false;
  bool asking_origin_ = false;
  std::vector<std::unique_ptr<net::Timer>> timers_;
  std::vector<std::unique_ptr<Storm>> storms_;
  net::Timer looks_;
};

}  // namespace atl::lab
