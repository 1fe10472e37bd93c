#include "control-plane/frontdoor/live.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/control-plane/frontdoor/world.h"

namespace atl::control {
namespace {

using Json = nlohmann::json;

struct Event {
  std::string name;
  Json data;
};

// As a browser takes it apart.
std::vector<Event> events(std::string& stream) {
  std::vector<Event> made;
  size_t end = 0;
  while ((end = stream.find("\n\n")) != std::string::npos) {
    const std::string block = stream.substr(0, end);
    stream.erase(0, end + 2);
    const size_t line = block.find('\n');
    REQUIRE(block.starts_with("event: "));
    REQUIRE(block.substr(line + 1).starts_with("data: "));
    made.push_back({block.substr(7, line - 7), Json::parse(block.substr(line + 7))});
  }
  CHECK(stream.empty());
  return made;
}

class Listening {
 public:
  explicit Listening(World& world) {
    http::RequestHead head;
    head.method = "GET";
    head.target = head.path_and_query = "/v1/live";
    head.authority = "127.0.0.1:8000";
    handler = world.door->on_request(head, responder);
  }
  std::vector<Event> take() { return events(responder.body); }

  FakeResponder responder;
  std::unique_ptr<server::Handler> handler;
};

// A second of one PoP's life: a report, and the ticks of the timer.
void second(World& world, SessionId session, uint64_t hits) {
  NodeStatistics statistics;
  statistics.time_ms = static_cast<uint64_t>(world.clock.wall().time_since_epoch().count());
  statistics.counts[static_cast<size_t>(Counter::Hits)] = hits;
  statistics.counts[static_cast<size_t>(Counter::CacheBytes)] = 4'096;
  statistics.ttfb_hit.buckets.assign(41, 0);
  statistics.ttfb_hit.buckets[40] = hits;
  statistics.ttfb_hit.sum_us = hits * 1'000;
  world.fleet->on_statistics(session, statistics);
  for (int part = 0; part < 4; ++part) {
    world.clock.advance(250ms);
    world.live->tick();
  }
}

TEST_CASE("live: first the layout, then a sample for every second") {
  World world;
  const SessionId fra = world.serve("fra");
  Listening listening(world);
  REQUIRE(listening.handler);
  CHECK(listening.responder.status() == 200);
  CHECK(listening.responder.field("Content-Type") == "text/event-stream");
  CHECK(listening.responder.field("Cache-Control") == "no-store");
  auto heard = listening.take();
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].name == "layout");
  CHECK(heard[0].data["pops"].size() == 2);
  CHECK(heard[0].data["pops"][0]["city"] == "Frankfurt");
  CHECK(heard[0].data["configuration_problem"] == "");

  for (uint64_t i = 0; i < 6; ++i) second(world, fra, 100 * i);
  heard = listening.take();
  REQUIRE(heard.size() >= 3);
  const Json& sample = heard.back().data;
  CHECK(heard.back().name == "sample");
  CHECK(sample["total"]["hits"].get<double>() == doctest::Approx(100).epsilon(0.02));
  CHECK(sample["total"]["requests"] == sample["total"]["hits"]);
  CHECK(sample["pops"][0]["id"] == "fra");
  CHECK(sample["pops"][0]["state"] == "active");
  CHECK(sample["pops"][0]["cache_bytes"] == 4'096);
  CHECK(sample["pops"][0]["hit_p50_us"] == 1'218);  // bucket 40 ends at 2^(41/4)
  CHECK(sample["pops"][0]["miss_p50_us"].is_null());
  CHECK(sample["pops"][1]["state"] == "down");
  CHECK(sample["pops"][1]["requests"].is_null());
  CHECK(heard.back().data["time_ms"].get<int64_t>() -
            heard[heard.size() - 2].data["time_ms"].get<int64_t>() ==
        1'000);
}

TEST_CASE("live: a new configuration and a refused one are news") {
  World world;
  const SessionId fra = world.serve("fra");
  for (uint64_t i = 0; i < 4; ++i) second(world, fra, i);
  Listening listening(world);
  CHECK(listening.take().size() == 2);
  second(world, fra, 5);
  for (const Event& event : listening.take()) CHECK(event.name == "sample");
  world.scratch.write("control.toml", "nonsense");
  world.controller->reload();
  second(world, fra, 6);
  const auto heard = listening.take();
  REQUIRE(heard.size() == 2);
  CHECK(heard[0].name == "layout");
  CHECK(heard[0].data["configuration_problem"] != "");
}

TEST_CASE("live: who does not keep up misses samples, never the layout, and costs no memory") {
  World world;
  const SessionId fra = world.serve("fra");
  for (uint64_t i = 0; i < 4; ++i) second(world, fra, i);
  Listening listening(world);
  listening.take();
  listening.responder.has_room = false;
  second(world, fra, 5);
  CHECK(listening.take().size() == 1);  // this one filled it
  world.scratch.write("control.toml", "nonsense");
  world.controller->reload();
  for (uint64_t i = 6; i < 30; ++i) second(world, fra, i);
  CHECK(listening.take().empty());
  listening.responder.has_room = true;
  listening.handler->on_writable();
  second(world, fra, 31);
  const auto heard = listening.take();
  REQUIRE(heard.size() == 2);
  CHECK(heard[0].name == "layout");
}

TEST_CASE("live: listeners leave, are bounded and are let go at the end") {
  World world;
  {
    std::vector<std::unique_ptr<Listening>> many;
    for (size_t i = 0; i < Live::kMostListeners; ++i) {
      many.push_back(std::make_unique<Listening>(world));
    }
    CHECK(world.live->listeners() == Live::kMostListeners);
    const Listening refused(world);
    CHECK_FALSE(refused.handler);
    CHECK(refused.responder.status() == 503);
    many[3]->handler->on_abort(server::Abort::ClientGone);
    CHECK(world.live->listeners() == Live::kMostListeners - 1);
    many[4]->handler.reset();
    CHECK(world.live->listeners() == Live::kMostListeners - 2);
    world.live->end();
    CHECK(world.live->listeners() == 0);
    CHECK(many[0]->responder.finished);
    CHECK_FALSE(many[3]->responder.finished);
  }
  const FakeResponder head = world.ask({.method = "HEAD", .target = "/v1/live"});
  CHECK(head.status() == 200);
  CHECK(world.live->listeners() == 0);
}

TEST_CASE("series: columns of one length, nulls where nothing was heard, time saved by hits") {
  World world;
  const SessionId fra = world.serve("fra");
  NodeStatistics statistics;
  for (uint64_t i = 1; i <= 10; ++i) {
    statistics.time_ms = i;
    statistics.counts[static_cast<size_t>(Counter::Hits)] += 90;
    statistics.counts[static_cast<size_t>(Counter::Misses)] += 10;
    statistics.ttfb_hit = {{i * 90}, i * 90 * 1'000};             // 1 ms each
    statistics.ttfb_miss = {{0, 0, 0, i * 10}, i * 10 * 21'000};  // 21 ms each
    world.fleet->on_statistics(fra, statistics);
    for (int part = 0; part < 4; ++part) {
      world.clock.advance(250ms);
      world.live->tick();
    }
  }
  const auto series = [&](const char* query) {
    return world.ask({.target = std::string("/v1/series") + query});
  };
  const Json json = Json::parse(series("?window=1m&pop=fra").body);
  CHECK(json["window"] == "1m");
  CHECK(json["pop"] == "fra");
  CHECK(json["step_ms"] == 1'000);
  for (const auto& [name, column] : json["columns"].items()) {
    CAPTURE(name);
    CHECK(column.size() == 60);
  }
  CHECK(json["columns"]["requests"][0].is_null());
  CHECK(json["columns"]["requests"][59].get<double>() == doctest::Approx(100).epsilon(0.03));
  // 90 hits a second, each 20 ms faster than a miss.
  CHECK(json["columns"]["origin_time_saved_ms"][59].get<double>() ==
        doctest::Approx(1'800).epsilon(0.03));
  REQUIRE(json["ttfb_hit"].size() == 1);
  CHECK(json["ttfb_hit"][0][0] == 2);
  CHECK(json["ttfb_miss"][0][0] == 2);
  CHECK(Json::parse(series("?window=24h").body)["pop"].is_null());
  CHECK(Json::parse(series("").body)["window"] == "5m");
  CHECK(series("?window=2m").status() == 400);
  CHECK(series("?pop=").status() == 400);
  CHECK(series("?pop=gru").status() == 404);
}

}  // namespace
}  // namespace atl::control
