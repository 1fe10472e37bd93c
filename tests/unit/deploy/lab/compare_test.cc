#include "deploy/lab/report/compare.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/unit/deploy/lab/support_scenario.h"

using namespace atl::lab;
using atl::lab::testing::play;
using atl::lab::testing::read;
using atl::lab::testing::small;

namespace {

const Difference& row_of(const std::vector<Difference>& rows, const std::string& region,
                         const std::string& figure) {
  const auto found = std::ranges::find_if(
      rows, [&](const Difference& row) { return row.region == region && row.figure == figure; });
  REQUIRE(found != rows.end());
  return *found;
}

}  // namespace

TEST_CASE("compare: a real difference is outside of its interval's zero, none is inside") {
  const Scenario scenario =
      read(small("[[class]]\nname = \"c\"\nrtt_ms = 10\njitter_ms = 10\n"
                 "[[run]]\nid = \"cdn\"\n[[run]]\nid = \"bare\"\ncdn = false\n"));
  const std::string one = report_json(play(scenario, 1));
  const std::string other = report_json(play(scenario, 2));
  const auto bare = read_measured(one, "bare");
  const auto cdn = read_measured(one, "cdn");
  const auto again = read_measured(other, "cdn");
  REQUIRE(bare);
  REQUIRE(cdn);
  REQUIRE(again);
  CHECK(cdn->name == "small:cdn");
  const auto rows = compare(*bare, *cdn);
  for (const char* region : {"total", "west", "east"}) {
    CAPTURE(region);
    const Difference& p95 = row_of(rows, region, "p95_ms");
    CHECK(p95.difference == doctest::Approx(p95.b - p95.a));
    CHECK(p95.high < 0);
    CHECK(p95.low <= p95.difference);
    CHECK(p95.difference <= p95.high);
    CHECK(row_of(rows, region, "hit_ratio").low > 0.9);
  }
  // Two seeds of the same thing: 95 % of the intervals hold zero; these do.
  const auto same = compare(*cdn, *again);
  const Difference& median = row_of(same, "total", "p50_ms");
  CHECK(median.low <= 0);
  CHECK(median.high >= 0);
  CHECK(median.high - median.low < 2);
  CHECK(row_of(compare(*cdn, *cdn), "total", "hit_ratio").difference == 0);
  CHECK(
      comparison_json(*bare, *cdn, rows).starts_with("{\n \"schema\": 1,\n \"a\": \"small:bare\""));
}

TEST_CASE("compare: what is no report, or has no such run, is refused") {
  const std::string report =
      report_json(play(read(small("[[run]]\nid = \"a\"\n[[run]]\nid = \"b\"\n"))));
  CHECK(read_measured(report, "a"));
  const auto unnamed = read_measured(report, "");
  REQUIRE_FALSE(unnamed);
  CHECK(unnamed.error() == "name one of its runs after a colon: a, b");
  CHECK_FALSE(read_measured(report, "c"));
  for (const char* text :
       {"", "{", "[]", "{\"schema\": 2, \"runs\": []}", "{\"schema\": 1}",
        "{\"schema\": 1, \"runs\": [{\"id\": \"a\"}]}", "{\"schema\": 1, \"runs\": [3]}"}) {
    CAPTURE(text);
    CHECK_FALSE(read_measured(text, "a"));
  }
  CHECK_FALSE(read_measured(report.substr(0, report.size() / 2), "a"));
}
