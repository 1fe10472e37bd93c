#include "deploy/lab/live/stage.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "deploy/lab/live/metrics.h"

namespace atl::lab {
namespace {

using std::chrono::nanoseconds;
using Json = nlohmann::json;
using Answer = HttpConnection::Answer;
using Kind = TimelineEvent::Kind;

constexpr std::chrono::milliseconds kAgain{50};
constexpr std::chrono::milliseconds kBetweenLooks{200};

MonoTime clock_now() { return SystemClock().mono(); }

// What the control plane says of the PoPs: whether each takes requests; empty when it is no answer.
std::vector<bool> states_of(const std::string& body, const std::vector<PopSpec>& pops) {
  const Json json = Json::parse(body, nullptr, false);
  const Json& list = json.is_object() && json.contains("pops") ? json["pops"] : json;
  if (!list.is_array() || list.size() != pops.size()) return {};
  std::vector<bool> up;
  for (const Json& pop : list) {
    if (!pop.is_object() || !pop.contains("state")) return {};
    up.push_back(pop["state"] == "active");
  }
  return up;
}

}  // namespace

Stage::Stage(net::Loop& loop, Cluster& cluster, const Setup& setup, const Traffic& traffic,
             Driver& driver, Router& router, Tally& tally)
    : loop_(loop),
      cluster_(cluster),
      setup_(setup),
      traffic_(traffic),
      driver_(driver),
      router_(router),
      tally_(tally),
      objects_(setup.scenario, setup.run),
      calls_(loop),
      waiting_(cluster.edges()),
      up_(setup.scenario.pops.size(), true),
      looks_(loop, [this] {
        look_at_pops();
        look_at_origin([] {});
      }) {}

void Stage::when_ready(std::function<void()> ready) {
  ready_ = std::move(ready);
  ask_control();
}

// First that every PoP has joined and has the configuration, then each edge for an answer.
void Stage::ask_control() {
  calls_.get(cluster_.control(), "/v1/status", [this](const Answer& answer) {
    const Json json = Json::parse(answer.body, nullptr, false);
    if (answer.whole && answer.status == 200 && json.is_object() && json.value("ready", false)) {
      for (size_t edge = 0; edge < cluster_.edges(); ++edge) ask_edge(edge);
      return;
    }
    auto& again =
        timers_.emplace_back(std::make_unique<net::Timer>(loop_, [this] { ask_control(); }));
    again->start(kAgain);
  });
}

void Stage::ask_edge(size_t edge) {
  calls_.get(cluster_.clients_of(edge), fmt::format("http://{}{}ready?size=1", kHost, kNotCached),
             [this, edge](const Answer& answer) {
               if (answer.whole && answer.status == 200) return edge_ready();
               auto& again = timers_.emplace_back(
                   std::make_unique<net::Timer>(loop_, [this, edge] { ask_edge(edge); }));
               again->start(kAgain);
             });
}

void Stage::edge_ready() {
  if (--waiting_ > 0) return;
  timers_.clear();
  look_at_origin(std::exchange(ready_, nullptr));
}

Tick Stage::now() const { return nanoseconds(clock_now() - began_).count(); }

void Stage::start(MonoTime began, std::function<void(std::string)> failed) {
  began_ = began;
  failed_ = std::move(failed);
  for (size_t i = 0; i < setup_.scenario.events.size(); ++i) {
    auto& timer = timers_.emplace_back(std::make_unique<net::Timer>(loop_, [this, i] { play(i); }));
    timer->start(setup_.scenario.events[i].at +
                 std::chrono::ceil<std::chrono::milliseconds>(began - clock_now()));
  }
  looks_.start_periodic(kBetweenLooks);
}

void Stage::play(size_t index) {
  const TimelineEvent& event = setup_.scenario.events[index];
  Outcome<void> done;
  size_t pop = 0;
  while (pop < setup_.scenario.pops.size() && setup_.scenario.pops[pop].id != event.pop) ++pop;
  switch (event.kind) {
    case Kind::PopDown:
      if (setup_.run.cdn) cluster_.fail(pop);
      break;
    case Kind::PopUp:
      if (setup_.run.cdn) done = cluster_.revive(pop);
      break;
    case Kind::OriginDown:
      cluster_.stop_origin();
      break;
    case Kind::OriginUp:
      driver_.slow_origin(1);
      if (!cluster_.origin_runs()) {
        counted_ = {};  // it counts from zero
        done = cluster_.start_origin();
      }
      break;
    case Kind::OriginSlow:
      driver_.slow_origin(event.factor);
      break;
    case Kind::Purge:
      if (setup_.run.cdn) purge(index);
      break;
    case Kind::FlashCrowd:  // a stream
      break;
  }
  if (!done) failed_(done.error());
}

void Stage::purge(size_t index) {
  const TimelineEvent& event = setup_.scenario.events[index];
  if (event.per_s > 0) return start_storm(index);
  Json json{{"soft", event.soft}};
  if (event.share < 1) {
    json["tag"] = purge_tag(index);
  } else {
    json["everything"] = true;
  }
  post_purge(json.dump());
}

void Stage::post_purge(const std::string& json) {
  calls_.post_json(cluster_.control(), "/v1/purge", json, [this](const Answer& answer) {
    if (answer.whole && answer.status == 202) return;
    failed_(
        fmt::format("the control plane refused a purge with {}: {}", answer.status, answer.body));
  });
}

// Single objects of the first stream whose objects have a popularity, one after another.
void Stage::start_storm(size_t index) {
  uint32_t stream = 0;
  while (setup_.scenario.streams[stream].kind != Stream::Kind::Zipf) ++stream;
  storms_.push_back(
      std::make_unique<Storm>(Storm{index, Random(setup_.seed, 5), nullptr, clock_now()}));
  Storm& storm = *storms_.back();
  auto timer = net::PreciseTimer::make(loop_, [this, &storm, stream] {
    const TimelineEvent& event = setup_.scenario.events[storm.event];
    const uint64_t object = traffic_.popular(stream, storm.random);
    post_purge(Json{{"url", objects_.url(object, traffic_.size_of(object))}}.dump());
    storm.next += nanoseconds{static_cast<int64_t>(1e9 / event.per_s)};
    if (nanoseconds(storm.next - began_).count() < ticks(event.at + event.lasts)) {
      storm.timer->start_at(storm.next);
    }
  });
  if (!timer) return failed_(timer.error().detail);
  storm.timer = *std::move(timer);
  storm.timer->start_at(storm.next);
}

void Stage::look_at_pops() {
  if (!setup_.run.cdn || std::exchange(asking_pops_, true)) return;
  calls_.get(cluster_.control(), "/v1/pops", [this](const Answer& answer) {
    asking_pops_ = false;
    const std::vector<bool> up = states_of(answer.body, setup_.scenario.pops);
    for (uint32_t pop = 0; pop < up.size(); ++pop) {
      if (up[pop] != up_[pop]) router_.learn(pop, up[pop]);
    }
    if (!up.empty()) up_ = up;
  });
}

void Stage::look_at_origin(std::function<void()> done) {
  if (std::exchange(asking_origin_, true)) return;
  calls_.get(cluster_.origin_admin(), "/metrics",
             [this, done = std::move(done)](const Answer& answer) {
               asking_origin_ = false;
               const auto fetches = metric(answer.body, "atoll_origin_exchanges_total");
               const auto bytes = metric(answer.body, "atoll_origin_sent_bytes_total");
               if (fetches && bytes) {
                 const Counted before = std::exchange(counted_, {*fetches, *bytes});
                 const bool counts = began_ != MonoTime{} && *fetches >= before.fetches;
                 if (counts) {
                   tally_.fetched(now(), static_cast<uint64_t>(*bytes - before.bytes),
                                  static_cast<uint64_t>(*fetches - before.fetches));
                 }
               }
               done();
             });
}

void Stage::finish(std::function<void()> done) {
  looks_.stop();
  timers_.clear();
  storms_.clear();
  asking_origin_ = false;
  look_at_origin([this, done = std::move(done)] { take_caches(done); });
}

void Stage::take_caches(std::function<void()> done) {
  auto& pops = tally_.outcome().pops;
  waiting_ = pops.size();
  if (waiting_ == 0) return done();
  for (size_t pop = 0; pop < pops.size(); ++pop) {
    calls_.get(cluster_.admin_of(pop), "/metrics", [this, pop, done](const Answer& answer) {
      const auto value = [&](const char* name) {
        return static_cast<uint64_t>(metric(answer.body, name).value_or(0));
      };
      PopOutcome& outcome = tally_.outcome().pops[pop];
      outcome.objects = value("atoll_edge_cache_objects");
      outcome.bytes = value("atoll_edge_cache_bytes");
      outcome.evictions = value("atoll_edge_cache_evictions_total");
      if (--waiting_ == 0) done();
    });
  }
}

}  // namespace atl::lab
