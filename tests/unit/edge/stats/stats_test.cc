#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <set>

#include "edge/stats/access_log.h"
#include "edge/stats/counters.h"
#include "edge/stats/exposition.h"

namespace atl::edge {
namespace {

TEST_CASE("histogram: a value's bucket is the floor of four times its logarithm") {
  for (uint64_t v = 1; v < 100'000; ++v) {
    const auto want =
        static_cast<size_t>(std::floor(4.0L * std::log2(static_cast<long double>(v))));
    if (histogram_bucket(v) != want) FAIL("at " << v);
  }
  CHECK(histogram_bucket(0) == 0);
  CHECK(histogram_bucket(UINT64_MAX) == 127);
}

TEST_CASE("histogram: the upper bound is the first value of a later bucket") {
  for (size_t bucket = 0; bucket < 120; ++bucket) {
    CAPTURE(bucket);
    const uint64_t bound = histogram_upper_bound(bucket);
    CHECK(histogram_bucket(bound) > bucket);
    CHECK(histogram_bucket(bound - 1) <= bucket);
  }
}

TEST_CASE("counters: every one is declared once, with help, and every outcome has its own") {
  std::set<std::string_view> names;
  for (const CounterInfo& info : counter_infos()) {
    CHECK(names.insert(info.name).second);
    CHECK(info.help.size() > 10);
  }
  using enum Outcome;
  Counters counters;
  for (const Outcome outcome : {Hit, Stale, Revalidated, Miss, Collapsed, Bypass, Error, Refused}) {
    counters.count(outcome);
    CHECK(to_string(outcome) != "unknown");
  }
  uint64_t total = 0;
  for (size_t i = 0; i < counter_infos().size(); ++i) {
    CHECK(counters.value(i) <= 1);
    total += counters.value(i);
  }
  CHECK(total == 8);
}

TEST_CASE("metrics: workers are summed") {
  Counters one;
  Counters two;
  one.hits.add(3);
  two.hits.add(4);
  two.ttfb_hit.add(std::chrono::microseconds{100});
  const std::string text = write_metrics({.counters = {&one, &two}, .store = {}, .serving = true});
  CHECK(text.find("# TYPE atoll_edge_hits_total counter") != std::string::npos);
  CHECK(text.find("\natoll_edge_hits_total 7\n") != std::string::npos);
  CHECK(text.find("atoll_edge_ttfb_seconds_count{answer=\"hit\"} 1\n") != std::string::npos);
  CHECK(text.find("atoll_edge_ttfb_seconds_bucket{answer=\"hit\",le=\"0.000128\"} 1\n") !=
        std::string::npos);
  CHECK(text.find("atoll_edge_ttfb_seconds_bucket{answer=\"hit\",le=\"6.4e-05\"} 0\n") !=
        std::string::npos);
  CHECK(text.find("\natoll_edge_serving 1\n") != std::string::npos);
}

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_CASE("access log: lines are JSON, whatever a client sends") {
  const std::string path = "access_log_test.json";
  std::remove(path.c_str());
  {
    auto log = AccessLog::open(path, 2);
    REQUIRE(log);
    const std::string longest(400, 'p');
    (*log)->ring(0).push({.time = WallTime{std::chrono::milliseconds{1'700'000'000'007}},
                          .client = "192.0.2.1",
                          .method = "GET",
                          .host = "h\"\\",
                          .path = "/a\x01\xff",
                          .status = 200,
                          .bytes = 5,
                          .outcome = Outcome::Hit,
                          .reason = "fresh",
                          .ttfb = std::chrono::microseconds{42}});
    (*log)->ring(1).push(
        {.client = "c", .method = "GET", .host = "h", .path = longest, .aborted = true});
  }
  const std::string text = read_file(path);
  CHECK(text.find(
            "{\"time\":\"2023-11-14T22:13:20.007Z\",\"client\":\"192.0.2.1\",\"method\":\"GET\","
            "\"host\":\"h\\\"\\\\\",\"path\":\"/a\\u0001\\u00ff\",\"status\":200,\"bytes\":5,"
            "\"outcome\":\"hit\",\"reason\":\"fresh\",\"ttfb_us\":42}\n") == 0);
  CHECK(text.find(std::string(317, 'p') + "...\"") != std::string::npos);
  CHECK(text.find("\"aborted\":true}\n") != std::string::npos);
  std::remove(path.c_str());
}

TEST_CASE("access log: a full ring drops and counts") {
  AccessRing ring;
  for (size_t i = 0; i < AccessRing::kRecords + 10; ++i) ring.push({.path = "/"});
  CHECK(ring.dropped() == 10);
}

TEST_CASE("access log: a path that cannot be opened is an error") {
  CHECK_FALSE(AccessLog::open("/nonexistent-folder/log", 1));
}

}  // namespace
}  // namespace atl::edge
