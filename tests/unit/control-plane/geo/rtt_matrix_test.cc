#include "control-plane/geo/rtt_matrix.h"

#include <doctest/doctest.h>

#include <string>

#include "control-plane/geo/estimate.h"
#include "lib/base/durable_file.h"
#include "tests/unit/control-plane/geo/matrix_text.h"

namespace atl::geo {
namespace {

constexpr const char* kRegions = "region,city,lat,lon\na,A,0,0\nb,B,0,10\n";

// The problems, a line each; empty when there are none.
std::string problems_of(std::string_view regions, std::string_view matrix) {
  const auto parsed = RttMatrix::parse({"r.csv", regions}, {"m.csv", matrix});
  std::string out;
  if (!parsed) {
    for (const std::string& problem : parsed.error()) out += problem + "\n";
  }
  return out;
}

TEST_CASE("rtt matrix: rows are the source, in any order, with either kind of line end") {
  const auto parsed = RttMatrix::parse({"r", "region,city,lat,lon\r\nb,B,0,10\r\na,,0,0\r\n"},
                                       {"m", "x,a,b\r\n\r\nb,7,1\r\na,2,30.5"});
  REQUIRE(parsed);
  REQUIRE(parsed->size() == 2);
  CHECK(parsed->name(0) == "a");
  CHECK(parsed->measured_ms(0, 1) == 30.5);
  CHECK(parsed->measured_ms(1, 0) == 7);
  CHECK(parsed->measured_ms(0, 0) == 2);
  CHECK(parsed->excess_ms(0, 0) == doctest::Approx(-3));
  CHECK(parsed->excess_ms(0, 1) == doctest::Approx(30.5 - 5 - 1112 * 0.016).epsilon(0.01));
}

TEST_CASE("rtt matrix: the nearest region within a radius") {
  const auto matrix = matrix_of({{"a", 0, 0}, {"b", 0, 10}}, {1, 2, 2, 1});
  CHECK(matrix->near(direction_of({0, 4}), 500) == 0U);
  CHECK(matrix->near(direction_of({0, 6}), 500) == 1U);
  CHECK_FALSE(matrix->near(direction_of({0, 6}), 400));
  CHECK_FALSE(matrix->near(direction_of({0, -170}), 500));
}

TEST_CASE("rtt matrix: what was measured comes out at the regions, and never less than light") {
  const auto matrix = matrix_of({{"a", 0, 0}, {"b", 0, 10}}, {0, 1, 1, 0});
  CHECK(estimated_rtt_ms(0.0, matrix->excess_ms(0, 0)) == doctest::Approx(0.1));
  CHECK(estimated_rtt_ms(1112.0, matrix->excess_ms(0, 1)) == doctest::Approx(0.1 + 11.12));
}

TEST_CASE("rtt matrix: each thing that can be wrong, with its place") {
  struct Row {
    const char* what;
    const char* regions;
    const char* matrix;
    const char* problem;
  };
  const std::string many(20'000, ',');
  for (const Row& row : {
           Row{"nothing at all", "", "", "r.csv:0: is empty"},
           Row{"no matrix", kRegions, "", "m.csv:0: is empty"},
           Row{"no region", kRegions, "from\n", "m.csv:1: the heading names no region"},
           Row{"too few fields", "h\na,A,0\n", "f,a\na,1\n",
               "r.csv:2: must be region,city,lat,lon"},
           Row{"no number", "h\na,A,x,0\n", "f,a\na,1\n", "r.csv:2: lat must be -90 to 90"},
           Row{"beyond the pole", "h\na,A,91,0\n", "f,a\na,1\n", "r.csv:2: lat must be -90 to 90"},
           Row{"no place at all", "h\na,A,nan,0\n", "f,a\na,1\n", "r.csv:2: lat must be -90"},
           Row{"placed twice", "h\na,A,1,1\na,A,1,1\n", "f,a\na,1\n",
               "r.csv:3: region \"a\" is already placed above"},
           Row{"without a place", kRegions, "f,a,c\na,1,1\nc,1,1\n",
               "m.csv:1: region \"c\" has no place"},
           Row{"two columns", kRegions, "f,a,a\na,1,1\n", "m.csv:1: region \"a\" has two columns"},
           Row{"no name", kRegions, "f,a,\na,1,1\n", "m.csv:1: field 3 of the heading is no name"},
           Row{"a quote", kRegions, "f,\"a\"\na,1\n", "m.csv:1: field 2 of the heading is no name"},
           Row{"two rows", kRegions, "f,a\na,1\na,2\n", "m.csv:3: region \"a\" has two rows"},
           Row{"no row", kRegions, "f,a,b\na,1,1\n", "m.csv:2: region \"b\" has no row"},
           Row{"another row", kRegions, "f,a\nb,1\n", "m.csv:2: begins with a region that has no"},
           Row{"a short row", kRegions, "f,a,b\na,1\nb,1,1\n",
               "m.csv:2: has 2 fields where the heading has 3"},
           Row{"a negative time", kRegions, "f,a\na,-1\n", "m.csv:2: field 2 must be a round trip"},
           Row{"no time", kRegions, "f,a\na,nan\n", "m.csv:2: field 2 must be a round trip"},
           Row{"for ever", kRegions, "f,a\na,inf\n", "m.csv:2: field 2 must be a round trip"},
           Row{"seconds for ms", kRegions, "f,a\na,10001\n", "m.csv:2: field 2 must be a round"},
           Row{"with a unit", kRegions, "f,a\na,1ms\n", "m.csv:2: field 2 must be a round trip"},
           Row{"a wide heading", kRegions, many.c_str(), "m.csv:1: there are more than 1024"},
       }) {
    CAPTURE(row.what);
    const std::string problems = problems_of(row.regions, row.matrix);
    CAPTURE(problems);
    CHECK(problems.find(row.problem) != std::string::npos);
  }
}

TEST_CASE("rtt matrix: problems are not reported without end") {
  std::string regions = "h\n";
  for (int i = 0; i < 1000; ++i) regions += "x\n";
  const auto parsed = RttMatrix::parse({"r", regions}, {"m", "f,a\n"});
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().size() <= 20);
}

TEST_CASE("rtt matrix: the one that comes with the project is whole") {
  const std::string folder = std::string(ATOLL_SOURCE) + "/deploy/lab/latency/";
  const auto regions = read_file(folder + "aws_regions.csv", 1 << 20);
  const auto matrix = read_file(folder + "aws_p50_1y_2025-05-29.csv", 1 << 20);
  REQUIRE((regions && *regions && matrix && *matrix));
  const auto parsed = RttMatrix::parse({"regions", **regions}, {"matrix", **matrix});
  REQUIRE(parsed);
  CHECK(parsed->size() == 32);
  const auto frankfurt = parsed->near(direction_of({50.11, 8.68}), 500);
  const auto tokyo = parsed->near(direction_of({35.7, 139.7}), 500);
  REQUIRE((frankfurt && tokyo));
  CHECK(parsed->name(*frankfurt) == "eu-central-1");
  CHECK(parsed->measured_ms(*tokyo, *frankfurt) == 227.6);
}

}  // namespace
}  // namespace atl::geo
