#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "deploy/cli/policies/report.h"

namespace atl::cli {
namespace {

PolicyReport sample() {
  const auto run = [](const char* trace, double cache, const char* policy, uint64_t hits) {
    return PolicyRun{trace,
                     cache,
                     policy,
                     {.requests = 1000,
                      .hits = hits,
                      .bytes = 4000,
                      .hit_bytes = hits,
                      .hit_ns = 3,
                      .miss_ns = 40,
                      .metadata_per_object = 8}};
  };
  return {.policies = {"lru", "gdsf"},
          .runs = {run("a", 0.001, "lru", 100), run("a", 0.001, "gdsf", 300),
                   run("b", 0.1, "lru", 200), run("b", 0.1, "gdsf", 100)},
          .peers = {}};
}

TEST_CASE("policies report: text has a row for each cell, the best of it and the means") {
  PolicyReport report = sample();
  const std::string text = report_policies(report, ReportFormat::Text);
  CHECK(text.find("a      0.1 %   0.100   0.300   0.300\n") != std::string::npos);
  CHECK(text.find("b      10 %    0.200   0.100   0.200\n") != std::string::npos);
  CHECK(text.find("mean          0.1500  0.2000  0.2500\n") != std::string::npos);
  CHECK(text.find("gdsf           3         40              8.0\n") != std::string::npos);
  report.peers = *parse_peers(
      "trace,cache,object_hit_ratio,byte_hit_ratio\n"
      "a,0.001,0.31,\nb,0.1,0.4,0.5\n");
  const std::string beside = report_policies(report, ReportFormat::Text);
  CHECK(beside.find("0.300      0.310\n") != std::string::npos);
  CHECK(beside.find("0.2500     0.3550\n") != std::string::npos);
  CHECK(beside.find("0.050      0.500\n") != std::string::npos);  // bytes
}

TEST_CASE("policies report: CSV and JSON carry every run") {
  PolicyReport report = sample();
  report.peers = *parse_peers("trace,cache,object_hit_ratio,byte_hit_ratio\na,0.001,0.31,\n");
  const std::string csv = report_policies(report, ReportFormat::Csv);
  CHECK(csv.find("a,0.001,gdsf,1000,300,0.300000,4000,300,0.075000,3.0,40.0,8.0\n") !=
        std::string::npos);
  const auto json = nlohmann::json::parse(report_policies(report, ReportFormat::Json));
  REQUIRE(json["runs"].size() == 4);
  CHECK(json["runs"][1]["object_hit_ratio"] == 0.3);
  CHECK(json["runs"][1]["best_peer"]["object_hit_ratio"] == 0.31);
  CHECK_FALSE(json["runs"][1]["best_peer"].contains("byte_hit_ratio"));
  CHECK_FALSE(json["runs"][3].contains("best_peer"));
}

TEST_CASE("policies report: a file of peers that is not one is refused with the line") {
  const std::string head = "trace,cache,object_hit_ratio,byte_hit_ratio\n";
  CHECK(parse_peers(head)->empty());
  struct Row {
    std::string text;
    const char* line;
  };
  for (const Row& row :
       {Row{"a,b\n", "line 1"}, Row{head + "a,0.1,0.5\n", "line 2"},
        Row{head + "a,0.1,0.5,\n\na,0.1,1.5,\n", "line 4"}, Row{head + "a,x,0.5,\n", "line 2"},
        Row{head + "a,0.1,nan,\n", "line 2"}, Row{head + "a,0.1,0.5,0.1x\n", "line 2"}}) {
    CAPTURE(row.text);
    const auto peers = parse_peers(row.text);
    REQUIRE_FALSE(peers);
    CHECK(peers.error().starts_with(row.line));
  }
}

}  // namespace
}  // namespace atl::cli
