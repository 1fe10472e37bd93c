#include "deploy/lab/simulation/path.h"

#include <doctest/doctest.h>

#include "tests/unit/deploy/lab/support_scenario.h"

using namespace atl::lab;
using atl::lab::testing::read;
using atl::lab::testing::small;

TEST_CASE("path: a body takes the round trips that slow start makes of it, then the bandwidth") {
  const Path path{.rtt = 100 * kMillisecond, .ns_per_byte = 80};  // 100 Mbit/s
  struct Row {
    uint64_t bytes;
    double ms;
  };
  // 14,600 bytes fit in the first window, 29,200 in the second, then 58,400, ...
  for (const Row& row : {Row{0, 0}, Row{1460, 0.1168}, Row{14'600, 1.168}, Row{14'700, 100.008},
                         Row{43'800, 102.336}, Row{43'900, 200.008}, Row{100'000, 204.496}}) {
    CAPTURE(row.bytes);
    CHECK(static_cast<double>(transfer(path, row.bytes)) / 1e6 == doctest::Approx(row.ms));
  }
  // Past the bandwidth-delay product (1.25 MB) nothing waits any more: 7 windows, then 80 ns a
  // byte.
  const Tick large = transfer(path, 100'000'000);
  CHECK(static_cast<double>(large - 7 * path.rtt) ==
        doctest::Approx((100e6 - 127 * 14'600) * 80).epsilon(1e-9));
  CHECK(steady_transfer(path, 1'000'000) == 80 * kMillisecond);
}

TEST_CASE("path: connecting is one round trip, and one more with TLS") {
  Random random(1, 1);
  const Path path{.rtt = 40 * kMillisecond};
  CHECK(round_trip(path, random) == 40 * kMillisecond);
  CHECK(connecting(path, false, random) == 40 * kMillisecond);
  CHECK(connecting(path, true, random) == 80 * kMillisecond);
}

TEST_CASE(
    "path: what is lost comes after a retransmission timeout, more often where more is lost") {
  Random random(1, 1);
  const Path path{.rtt = 50 * kMillisecond, .lost = static_cast<uint32_t>(0.02 * 0x1p32)};
  int late = 0;
  int later = 0;
  for (int i = 0; i < 100'000; ++i) {
    const Tick time = round_trip(path, random);
    if (time == path.rtt) continue;
    ++late;
    REQUIRE(time >= path.rtt + path.rtt + kLeastRetry);
    if (time > 2 * path.rtt + kLeastRetry) ++later;
  }
  CHECK(late == doctest::Approx(2000).epsilon(0.1));
  CHECK(later > 10);
  CHECK(later < 100);
  Tick longest = 0;
  for (int i = 0; i < 1000; ++i) longest = std::max(longest, connecting(path, false, random));
  CHECK(longest >= path.rtt + kConnectRetry);
}

TEST_CASE("path: a client's path is its last mile and the way between the places") {
  const Scenario scenario =
      read(small("[[class]]\nname = \"mobile\"\nrtt_ms = 40\njitter_ms = 5\nbandwidth_mbit = 8\n"));
  const Paths paths(scenario);
  const double distance_ms = 1.6 * 7.15 / 100;  // a tenth of a degree east
  CHECK(static_cast<double>(paths.to_pop(0, 0).rtt) / 1e6 ==
        doctest::Approx(45 + distance_ms).epsilon(0.001));
  CHECK(paths.to_pop(0, 0).ns_per_byte == 1000);
  CHECK(paths.pop_to_origin(0).ns_per_byte == 8);
  CHECK(paths.to_pop(0, 1).rtt > 150 * kMillisecond);
  Random random(1, 1);
  Tick sum = 0;
  for (int i = 0; i < 10'000; ++i) sum += round_trip(paths.to_pop(0, 0), random);
  CHECK(static_cast<double>(sum) / 1e10 == doctest::Approx(50 + distance_ms).epsilon(0.01));
}
