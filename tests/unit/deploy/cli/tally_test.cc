#include "deploy/cli/replay/tally.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "deploy/cli/replay/report.h"

namespace atl::cli {
namespace {

TEST_CASE("latency: quantiles are right to a sixteenth") {
  LatencyHistogram histogram;
  CHECK(histogram.quantile(0.5) == 0);
  for (uint64_t us = 1; us <= 100'000; ++us) histogram.record(us);
  for (const double q : {0.001, 0.01, 0.5, 0.9, 0.99, 1.0}) {
    CAPTURE(q);
    const double exact = q * 100'000;
    CHECK(static_cast<double>(histogram.quantile(q)) >= exact);
    CHECK(static_cast<double>(histogram.quantile(q)) <= exact * 17 / 16 + 1);
  }
}

TEST_CASE("latency: the largest value has a bucket") {
  LatencyHistogram histogram;
  histogram.record(UINT64_MAX);
  CHECK(histogram.quantile(0.5) == UINT64_MAX);
}

TEST_CASE("tally: ratios are over what was answered, errors stand beside") {
  Tally one(2);
  one.pops[0].count(Answered::Hit, 100);
  one.pops[0].count(Answered::Forwarded, 300);
  one.fail(0, "status 502", "first");
  one.fail(0, "status 502", "second");
  Tally other(2);
  other.pops[0].count(Answered::Hit, 0);
  other.pops[1].count(Answered::Revalidated, 5);
  other.fail(1, "timeout", "third");
  one.merge(other);

  CHECK(one.pops[0].requests == 5);
  CHECK(one.pops[0].answered() == 3);
  CHECK(one.pops[0].hit_ratio() == doctest::Approx(2.0 / 3));
  CHECK(one.pops[0].byte_hit_ratio() == doctest::Approx(0.25));
  CHECK(one.errors["status 502"].count == 2);
  CHECK(one.errors["status 502"].example == "first");
  CHECK(one.errors["timeout"].example == "third");
}

TEST_CASE("report: text and JSON tell the same") {
  Plan plan;
  plan.pops = {{"fra", {"127.0.1.1:8080"}}, {"sin", {"127.0.1.2:8080"}}};
  plan.clients = {{"91.0.0.1", 0}, {"116.86.0.1", 1}};
  Tally tally(2);
  for (int i = 0; i < 1234; ++i) tally.pops[0].count(Answered::Hit, 1000);
  tally.pops[1].count(Answered::Forwarded, 1000);
  tally.fail(1, "status 502", "http://127.0.1.2:8080/object/1?size=1: expected 200");

  const std::string text = report_text({plan, tally, 2.0, ""});
  CHECK(text.find("fra     1,234    617") != std::string::npos);
  CHECK(text.find("100.0%") != std::string::npos);
  CHECK(text.find("status 502; the first: http://127.0.1.2:8080/object/1?size=1") !=
        std::string::npos);

  const auto json = nlohmann::json::parse(report_json({plan, tally, 2.0, "interrupted"}));
  CHECK(json["ended_early"] == "interrupted");
  CHECK(json["total"]["requests"] == 1236);
  CHECK(json["pops"]["fra"]["hit_ratio"] == 1.0);
  CHECK(json["pops"]["sin"]["errors"] == 1);
  CHECK(json["clients"]["116.86.0.1"] == "sin");
  CHECK(json["errors"][0]["kind"] == "status 502");
}

}  // namespace
}  // namespace atl::cli
