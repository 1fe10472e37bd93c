#include "edge/fetch/breaker.h"

#include <doctest/doctest.h>

#include "edge/fetch/health_tally.h"

namespace atl::edge {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr AttemptOutcome kGood = AttemptOutcome::Success;
constexpr AttemptOutcome kBad = AttemptOutcome::Failure;

// A breaker with its settings and a time that moves when told.
struct Bench {
  BreakerSettings settings{.failures = 3,
                           .percent = 50,
                           .at_least = 10,
                           .window = seconds{10},
                           .open = seconds{1},
                           .probes = 1};
  Breaker breaker;
  MonoTime now{std::chrono::hours{1}};

  Breaker::Pass ask() { return breaker.ask(settings, now); }
  void report(uint32_t epoch, AttemptOutcome outcome) {
    breaker.report(epoch, outcome, settings, now);
  }
  // One attempt from its beginning to its outcome; whether it was let through.
  bool attempt(AttemptOutcome outcome) {
    const Breaker::Pass pass = ask();
    if (pass.go) report(pass.epoch, outcome);
    return pass.go;
  }
  void trip() {
    for (uint32_t i = 0; i < settings.failures; ++i) REQUIRE(attempt(kBad));
    REQUIRE(breaker.state() == Breaker::State::Open);
  }
};

TEST_CASE("breaker: so many failures in a row open it, and a success begins the row anew") {
  Bench b;
  CHECK(b.attempt(kBad));
  CHECK(b.attempt(kBad));
  CHECK(b.attempt(kGood));
  CHECK(b.attempt(kBad));
  CHECK(b.attempt(kBad));
  CHECK(b.breaker.state() == Breaker::State::Closed);
  CHECK(b.attempt(kBad));
  CHECK(b.breaker.state() == Breaker::State::Open);
  CHECK(b.breaker.opened() == 1);
  CHECK_FALSE(b.ask().go);
}

TEST_CASE("breaker: a share of failures opens it, of enough attempts within the window") {
  struct Row {
    const char* what;
    int good;
    int bad;
    milliseconds pause;  // between the good ones and the bad ones
    Breaker::State state;
  };
  for (const Row& row : {Row{"half of ten", 5, 5, milliseconds{0}, Breaker::State::Open},
                         Row{"less than half", 6, 5, milliseconds{0}, Breaker::State::Closed},
                         Row{"too few attempts", 4, 5, milliseconds{0}, Breaker::State::Closed},
                         Row{"still in the window", 5, 5, seconds{9}, Breaker::State::Open},
                         Row{"out of the window", 5, 5, seconds{11}, Breaker::State::Closed}}) {
    CAPTURE(row.what);
    Bench b;
    b.settings.failures = 0;
    for (int i = 0; i < row.good; ++i) CHECK(b.attempt(kGood));
    b.now += row.pause;
    for (int i = 0; i < row.bad; ++i) CHECK(b.attempt(kBad));
    CHECK(b.breaker.state() == row.state);
  }
}

TEST_CASE(
    "breaker: open, it lets one probe through an interval; what reaches the origin is these") {
  Bench b;
  b.trip();
  int through = 0;
  // 1000 requests over ten seconds, each failing at once if it is let through.
  for (int i = 0; i < 1000; ++i) {
    b.now += milliseconds{10};
    through += b.attempt(kBad) ? 1 : 0;
  }
  CHECK(through == 10);
  CHECK(b.breaker.opened() == 1);  // it was never closed meanwhile
  CHECK(b.breaker.state() == Breaker::State::Open);
}

TEST_CASE("breaker: a good probe closes it, a bad one opens it again") {
  Bench b;
  b.trip();
  b.now += milliseconds{999};
  CHECK_FALSE(b.ask().go);
  b.now += milliseconds{1};
  const auto first = b.ask();
  CHECK(first.go);
  CHECK(first.probe);
  CHECK(b.breaker.state() == Breaker::State::HalfOpen);
  CHECK_FALSE(b.ask().go);  // one at a time
  b.report(first.epoch, kBad);
  CHECK(b.breaker.state() == Breaker::State::Open);
  CHECK_FALSE(b.ask().go);
  b.now += seconds{1};
  const auto second = b.ask();
  REQUIRE(second.go);
  b.report(second.epoch, kGood);
  CHECK(b.breaker.state() == Breaker::State::Closed);
  const auto after = b.ask();
  CHECK(after.go);
  CHECK_FALSE(after.probe);
}

TEST_CASE("breaker: several probes at once, and as many successes to close it") {
  Bench b;
  b.settings.probes = 2;
  b.trip();
  b.now += seconds{1};
  const auto first = b.ask();
  const auto second = b.ask();
  CHECK(first.go);
  CHECK(second.go);
  CHECK_FALSE(b.ask().go);
  b.report(first.epoch, kGood);
  CHECK(b.breaker.state() == Breaker::State::HalfOpen);
  b.report(second.epoch, kGood);
  CHECK(b.breaker.state() == Breaker::State::Closed);
}

TEST_CASE("breaker: what began in an earlier state says nothing") {
  Bench b;
  const auto early_good = b.ask();
  const auto early_bad = b.ask();
  b.trip();
  b.report(early_good.epoch, kGood);
  CHECK(b.breaker.state() == Breaker::State::Open);
  b.now += seconds{1};
  const auto probe = b.ask();
  REQUIRE(probe.probe);
  b.report(early_bad.epoch, kBad);
  CHECK(b.breaker.state() == Breaker::State::HalfOpen);
  b.report(probe.epoch, kGood);
  CHECK(b.breaker.state() == Breaker::State::Closed);
}

TEST_CASE("breaker: a probe that was taken back, or that says nothing, makes room for another") {
  Bench b;
  b.trip();
  b.now += seconds{1};
  const auto cancelled = b.ask();
  REQUIRE(cancelled.go);
  b.breaker.forget(cancelled.epoch);
  const auto silent = b.ask();
  CHECK(silent.go);
  CHECK_FALSE(b.ask().go);
  b.now += seconds{1};
  const auto another = b.ask();
  CHECK(another.go);
  b.report(another.epoch, kGood);
  CHECK(b.breaker.state() == Breaker::State::Closed);
}

TEST_CASE("breaker: disabled, it lets everything through, and closes if it was open") {
  Bench b;
  b.trip();
  b.settings.enabled = false;
  CHECK(b.attempt(kBad));
  CHECK(b.breaker.state() == Breaker::State::Closed);
  for (int i = 0; i < 100; ++i) CHECK(b.attempt(kBad));
}

TEST_CASE("breaker: which outcomes are the origin's failure") {
  for (const uint16_t status : {502, 503, 504}) CHECK(outcome_of(status) == kBad);
  for (const uint16_t status : {200, 304, 404, 429, 500, 501, 505}) {
    CHECK(outcome_of(status) == kGood);
  }
  using enum rpc::FailureReason;
  struct Row {
    rpc::FailureReason reason;
    bool seen;
    bool failure;
  };
  for (const Row& row : {Row{OriginUnreachable, false, false}, Row{OriginUnreachable, true, true},
                         Row{BadRequest, false, false}, Row{Cancelled, true, false},
                         Row{ConnectRefused, false, true}, Row{HeadTimeout, true, true},
                         Row{Reset, true, true}, Row{Overloaded, false, true}}) {
    CAPTURE(rpc::to_string(row.reason));
    CHECK(is_origin_failure({row.reason, row.seen, {}}) == row.failure);
  }
}

TEST_CASE("health tally: so many in a row, either way") {
  HealthTally tally;
  CHECK(tally.healthy());
  CHECK_FALSE(tally.add(false, 3, 2));
  CHECK_FALSE(tally.add(false, 3, 2));
  CHECK_FALSE(tally.add(true, 3, 2));
  CHECK_FALSE(tally.add(false, 3, 2));
  CHECK_FALSE(tally.add(false, 3, 2));
  CHECK(tally.add(false, 3, 2));
  CHECK_FALSE(tally.healthy());
  CHECK_FALSE(tally.add(false, 3, 2));
  CHECK_FALSE(tally.add(true, 3, 2));
  CHECK(tally.add(true, 3, 2));
  CHECK(tally.healthy());
}

}  // namespace
}  // namespace atl::edge
