#include "deploy/lab/live/live.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <utility>

#include "deploy/lab/live/cluster.h"
#include "deploy/lab/live/driver.h"
#include "deploy/lab/live/stage.h"
#include "deploy/lab/relay/relay.h"
#include "deploy/lab/simulation/path.h"
#include "deploy/lab/simulation/router.h"
#include "deploy/lab/simulation/tally.h"
#include "lib/net/signals.h"

namespace atl::lab {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{100};
constexpr std::chrono::seconds kPatience{60};  // until everything serves
constexpr std::chrono::milliseconds kBreath{50};

// Each request under way takes three descriptors here: the client's and both ends of the relay's.
void use_all_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);  // what it cannot raise, it has to do without
}

uint64_t largest_cache(const Scenario& scenario, const RunSpec& run) {
  uint64_t largest = 0;
  for (const PopSpec& pop : scenario.pops) {
    largest = std::max(largest, run.cache_bytes.value_or(pop.cache_bytes));
  }
  return run.cdn ? largest : 0;
}

// One run, from the first program's start to the last one's end.
class LiveRun {
 public:
  LiveRun(const LiveSetup& setup, const RunSpec& run, const OnSent& progress)
      : setup_(setup),
        run_(run),
        progress_(progress),
        paths_(setup.scenario),
        traffic_(setup.scenario, setup.traces, setup.seed),
        router_(setup.scenario, run.routing, setup.seed),
        tally_(setup.scenario, run),
        relay_(loop_, setup.seed),
        signals_(loop_, {SIGINT, SIGTERM, SIGHUP}, [this](int) { stop(kInterrupted); }),
        looks_(loop_, [this] { look(); }),
        patience_(loop_, [this] {
          stop(fmt::format("the programs do not serve after {} s{}", kPatience.count(),
                           cluster_->last_words()));
        }) {}

  Outcome<RunOutcome> play() {
    if (const auto opened = relay_.open(); !opened) return std::unexpected(opened.error().detail);
    auto cluster = Cluster::start(relay_, {setup_.scenario, run_, paths_, setup_.programs});
    if (!cluster) return std::unexpected(cluster.error());
    cluster_ = *std::move(cluster);
    driver_.emplace(loop_, relay_,
                    Driver::Setup{setup_.scenario, run_, paths_, setup_.seed, cluster_->address(),
                                  [this](size_t pop) -> const net::Endpoint& {
                                    return cluster_->clients_of(pop);
                                  }},
                    traffic_, router_, tally_);
    stage_.emplace(loop_, *cluster_, Stage::Setup{setup_.scenario, run_, setup_.seed}, traffic_,
                   *driver_, router_, tally_);
    looks_.start_periodic(kBetweenLooks);
    patience_.start(kPatience);
    stage_->when_ready([this] { begin(); });
    loop_.run();
    if (!problem_.empty()) return std::unexpected(problem_);
    return take_outcome();
  }

 private:
  void stop(std::string problem) {
    if (problem_.empty()) problem_ = std::move(problem);
    loop_.stop();
  }

  void look() {
    if (const std::string died = cluster_->died(); !died.empty()) return stop(died);
    if (progress_) progress_(driver_->sent(), traffic_.expected());
  }

  void begin() {
    patience_.stop();
    const MonoTime began = SystemClock().mono() + kBreath;
    stage_->start(began, [this](std::string problem) { stop(std::move(problem)); });
    const auto started = driver_->start(began, [this] { end(); });
    if (!started) stop(started.error().detail);
  }

  void end() {
    driver_->give_up();
    stage_->finish([this] { loop_.stop(); });
  }

  RunOutcome take_outcome() {
    RunOutcome outcome = std::move(tally_.outcome());
    outcome.cache_bytes = largest_cache(setup_.scenario, run_);
    outcome.lateness = Lateness{relay_.lateness(), driver_->lateness()};
    return outcome;
  }

  const LiveSetup& setup_;
  const RunSpec& run_;
  const OnSent& progress_;
  const Paths paths_;
  Traffic traffic_;
  Router router_;
  Tally tally_;
  // From here on what comes later lives on what comes before and goes first.
  net::Loop loop_;
  Relay relay_;
  net::Signals signals_;
  net::Timer looks_;
  net::Timer patience_;
  std::unique_ptr<Cluster> cluster_;
  std::optional<Driver> driver_;
  std::optional<Stage> stage_;
  std::string problem_;
};

}  // namespace

Outcome<RunOutcome> play_live(const LiveSetup& setup, const RunSpec& run, const OnSent& progress) {
  use_all_descriptors();
  return LiveRun(setup, run, progress).play();
}

}  // namespace atl::lab
