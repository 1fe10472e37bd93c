#include "control-plane/history/history.h"

#include <doctest/doctest.h>

#include <map>

namespace atl::control {
namespace {

using namespace std::chrono_literals;

const std::vector<std::string> kPops{"fra", "syd"};

// Nodes that report in rhythms of their own, and the history that hears them.
struct World {
  ManualClock clock;
  History history;
  std::vector<std::string> pops = kPops;
  struct Node {
    std::string pop, name, instance;
    MonoTime at;
    NodeStatistics statistics;
  };
  std::map<std::string, Node> nodes;

  void report(const std::string& pop, const std::string& name, const std::string& instance,
              uint64_t hits, uint64_t objects = 0) {
    Node& node = nodes[pop + "/" + name];
    node.pop = pop;
    node.name = name;
    node.instance = instance;
    node.at = clock.mono();
    node.statistics.counts[static_cast<size_t>(Counter::Hits)] = hits;
    node.statistics.counts[static_cast<size_t>(Counter::CacheObjects)] = objects;
    node.statistics.ttfb_hit = {{0, 0, hits}, hits * 3};
  }
  bool advance() {
    std::vector<NodeReading> readings;
    for (const auto& [key, node] : nodes) {
      readings.push_back({node.pop, node.name, node.instance, node.at, &node.statistics});
    }
    return history.advance(clock.wall(), clock.mono(), pops, readings);
  }
  uint64_t latest(const char* pop) const {
    const auto point = history.latest(pop);
    return point ? (*point)[Counter::Hits] : 0;
  }
  uint64_t sum(const char* pop) const {
    uint64_t all = 0;
    const auto series = history.series(pop, Window::FiveMinutes);
    for (const auto& point : series->points) {
      if (point) all += (*point)[Counter::Hits];
    }
    return all;
  }
};

TEST_CASE("an even load shows as an even line, whatever the rhythm of the reports") {
  World world;
  // fra reports every 1,003 ms, syd every 970 ms; both count 100 a second.
  int next_fra = 0;
  int next_syd = 400;
  int closed = 0;
  for (int ms = 0; ms < 60'000; ms += 10) {
    const auto counted = static_cast<uint64_t>(ms) / 10;
    if (ms >= next_fra) {
      world.report("fra", "0", "a", counted);
      next_fra += 1'003;
    }
    if (ms >= next_syd) {
      world.report("syd", "0", "b", counted);
      next_syd += 970;
    }
    if (ms % 250 == 0 && world.advance() && ++closed > 3) {
      CHECK(world.latest("fra") >= 99);
      CHECK(world.latest("fra") <= 101);
      CHECK(world.latest("syd") >= 99);
      CHECK(world.latest("syd") <= 101);
      CHECK(world.latest("") == world.latest("fra") + world.latest("syd"));
    }
    world.clock.advance(10ms);
  }
  CHECK(closed >= 55);
}

TEST_CASE("over time every request is counted once, through restarts of a node") {
  World world;
  uint64_t counted = 0;  // by the process that is
  std::string instance = "a";
  uint64_t all = 0;
  for (int second = 0; second < 60; ++second) {
    if (second == 20 || second == 40) {
      counted = 0;
      instance += "x";
    }
    const auto more = static_cast<uint64_t>(second * 13 % 50);
    counted += more;
    if (second > 0) all += more;  // the first report is where counting begins
    world.report("fra", "0", instance, counted);
    for (int part = 0; part < 4; ++part) {
      world.advance();
      world.clock.advance(250ms);
    }
  }
  for (int part = 0; part < 12; ++part) {
    world.clock.advance(250ms);
    world.advance();
  }
  CHECK(world.sum("fra") == all);
  CHECK(world.sum("") == all);
  // The histograms are counts of their own time, too.
  uint64_t timed = 0;
  const auto series = world.history.series("fra", Window::FiveMinutes);
  for (const auto& point : series->points) {
    if (point) timed += count_of(point->ttfb_hit);
  }
  CHECK(timed == all);
}

TEST_CASE("of a node that has fallen silent nothing is said; of one that is idle zero is") {
  World world;
  for (int second = 0; second < 20; ++second) {
    world.report("fra", "0", "a", 50);
    if (second < 5) world.report("syd", "0", "b", 50);
    for (int part = 0; part < 4; ++part) {
      world.clock.advance(250ms);
      world.advance();
    }
  }
  REQUIRE(world.history.latest("fra"));
  CHECK((*world.history.latest("fra"))[Counter::Hits] == 0);
  CHECK_FALSE(world.history.latest("syd"));
  CHECK(world.history.latest(""));
}

TEST_CASE("gauges of several nodes add up and do not pile up over time") {
  World world;
  for (int second = 0; second < 10; ++second) {
    world.report("fra", "0", "a", 1, 1'000);
    world.report("fra", "1", "b", 1, 500);
    world.report("syd", "0", "c", 1, 7);
    for (int part = 0; part < 4; ++part) {
      world.clock.advance(250ms);
      world.advance();
    }
  }
  CHECK((*world.history.latest("fra"))[Counter::CacheObjects] == 1'500);
  CHECK((*world.history.latest(""))[Counter::CacheObjects] == 1'507);
}

TEST_CASE("PoPs that the configuration drops are forgotten, unknown ones are not invented") {
  World world;
  world.report("fra", "0", "a", 1);
  world.report("gru", "0", "z", 1);
  world.advance();
  CHECK(world.history.series("fra", Window::OneMinute));
  CHECK_FALSE(world.history.series("gru", Window::OneMinute));
  world.pops = {"syd"};
  world.advance();
  CHECK_FALSE(world.history.series("fra", Window::OneMinute));
}

TEST_CASE("a standstill or a jump of the clock costs seconds, not time") {
  World world;
  world.report("fra", "0", "a", 1);
  for (int i = 0; i < 20; ++i) {
    world.clock.advance(250ms);
    world.advance();
  }
  const auto before = world.history.last_second();
  world.clock.advance(2h);
  CHECK_FALSE(world.advance());
  world.report("fra", "0", "a", 1'000'000);
  world.clock.advance(1s);
  CHECK(world.advance());
  CHECK(world.history.last_second() > before + 7'000);
  // What was counted meanwhile belongs to no second that was seen.
  CHECK(world.latest("fra") <= 1'000'000);
}

}  // namespace
}  // namespace atl::control
