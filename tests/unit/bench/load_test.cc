#include <doctest/doctest.h>

#include <chrono>
#include <set>
#include <string>

#include "tests/bench/load/plan.h"
#include "tests/bench/load/tally.h"

namespace atl::bench {
namespace {

using std::chrono::microseconds;

std::set<std::string> paths(const Options& options, int count) {
  Plan plan(options);
  std::set<std::string> seen;
  for (int i = 0; i < count; ++i) {
    const std::string request(plan.next());
    seen.insert(request.substr(0, request.find(" HTTP")));
  }
  return seen;
}

TEST_CASE("load: an order asks for as many objects as it says") {
  Options options{.prefix = "/o/", .suffix = "?s=1", .first = 7, .distinct = 5};
  options.order = Order::Same;
  CHECK(paths(options, 100) == std::set<std::string>{"GET /o/7?s=1"});
  options.order = Order::Sequence;
  CHECK(paths(options, 5).size() == 5);
  CHECK(paths(options, 6).size() == 5);
  options.order = Order::Random;
  CHECK(paths(options, 1000).size() == 5);
}

TEST_CASE("load: only a connection for each request says so to the server") {
  Options options{.port = 80};
  CHECK(Plan(options).next() == "GET /0 HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n");
  options.close = true;
  CHECK(Plan(options).next().find("Connection: close\r\n") != std::string_view::npos);
}

TEST_CASE("load: a percentile is right to the width of a bucket") {
  Tally tally;
  for (int i = 1; i <= 1000; ++i) tally.answered(microseconds(i), 10, true);
  CHECK(tally.percentile(0.5) == doctest::Approx(500).epsilon(0.02));
  CHECK(tally.percentile(0.99) == doctest::Approx(990).epsilon(0.02));
  CHECK(tally.percentile(1) == doctest::Approx(1000).epsilon(0.001));
  CHECK(Tally().percentile(0.5) == 0);
}

TEST_CASE("load: what was not answered with 200 is counted apart") {
  Tally tally;
  tally.answered(microseconds(5), 10, true);
  tally.answered(microseconds(5), 10, false);
  tally.failed();
  const std::string json = tally.to_json(2);
  CHECK(json.find(R"("requests": 2)") != std::string::npos);
  CHECK(json.find(R"("bad": 1)") != std::string::npos);
  CHECK(json.find(R"("errors": 1)") != std::string::npos);
}

}  // namespace
}  // namespace atl::bench
