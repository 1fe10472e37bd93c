#include "control-plane/access/failures.h"

#include <doctest/doctest.h>

#include <string>

namespace atl::control {
namespace {

using namespace std::chrono_literals;

geo::Address at(const std::string& text) { return *geo::parse_address(text); }

TEST_CASE("failures: of one client the first is reported, and those after the tenth are limited") {
  Failures failures;
  const MonoTime start{1h};
  for (uint32_t i = 0; i < 15; ++i) {
    const auto verdict = failures.count(at("192.0.2.1"), start + i * 1s);
    CHECK(verdict.report == (i == 0));
    CHECK(verdict.limited == (i >= Failures::kFree));
  }
  CHECK(failures.count(at("192.0.2.2"), start).report);
  const auto later = failures.count(at("192.0.2.1"), start + Failures::kWindow);
  CHECK(later.report);
  CHECK_FALSE(later.limited);
}

TEST_CASE("failures: an IPv6 network is one client") {
  Failures failures;
  CHECK(failures.count(at("2001:db8::1"), MonoTime{1h}).report);
  CHECK_FALSE(failures.count(at("2001:db8::ffff:2"), MonoTime{1h}).report);
  CHECK(failures.count(at("2001:db8:0:1::1"), MonoTime{1h}).report);
}

TEST_CASE("failures: many clients fill neither the memory nor the log") {
  Failures failures;
  uint32_t reported = 0;
  for (uint32_t i = 0; i < 3 * Failures::kMostClients; ++i) {
    const std::string address = "10." + std::to_string(i >> 16) + "." +
                                std::to_string(i >> 8 & 255) + "." + std::to_string(i & 255);
    reported += failures.count(at(address), MonoTime{1h}).report ? 1U : 0U;
  }
  CHECK(reported == Failures::kMostReported);
  CHECK(failures.count(at("192.0.2.1"), MonoTime{1h} + Failures::kWindow).report);
}

}  // namespace
}  // namespace atl::control
