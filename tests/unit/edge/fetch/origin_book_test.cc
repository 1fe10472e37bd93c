#include "edge/fetch/origin_book.h"

#include <doctest/doctest.h>

#include <optional>

namespace atl::edge {
namespace {

using std::chrono::seconds;

// Someone in an origin's queue.
struct Queuer final : OriginQueuer::Owner {
  void on_admitted(OriginTicket given, Refusal why) override {
    ticket = std::move(given);
    refusal = why;
    called = true;
  }
  std::unique_ptr<OriginQueuer> place;
  OriginTicket ticket;
  Refusal refusal = Refusal::None;
  bool called = false;
};

struct Bench {
  explicit Bench(uint32_t max_requests = 0, uint32_t max_queued = 0) {
    origin.id = "a";
    origin.endpoint = "a:1";
    origin.source = "s";
    origin.identity = "a";
    origin.max_requests = max_requests;
    origin.max_queued = max_queued;
    origin.breaker.failures = 2;
    origin.breaker.open = seconds{1};
  }
  OriginBook::Admission admit() { return book.admit(origin); }
  bool wait(Queuer& queuer) {
    queuer.place = book.wait(origin, loop, queuer);
    return queuer.place != nullptr;
  }
  void settle() {
    loop.post([this] { loop.stop(); });
    loop.run();
  }
  void trip() {
    for (int i = 0; i < 2; ++i) admit().ticket.report(AttemptOutcome::Failure);
    REQUIRE(book.report(origin).breaker == Breaker::State::Open);
  }

  ManualClock clock;
  net::Loop loop;
  OriginBook book{clock};
  OriginEndpoint origin;
};

TEST_CASE("origin book: no more exchanges at once than the origin may have") {
  Bench b(2);
  auto first = b.admit();
  auto second = b.admit();
  CHECK(first.ticket);
  CHECK(second.ticket);
  CHECK(b.admit().refusal == Refusal::Busy);
  CHECK(b.book.report(b.origin).in_flight == 2);
  first.ticket = {};
  CHECK(b.book.report(b.origin).in_flight == 1);
  CHECK(b.admit().ticket);
  CHECK(b.book.report(b.origin).refused_busy == 1);
}

TEST_CASE("origin book: who waits is served in order when a place comes free") {
  Bench b(1, 2);
  auto running = b.admit();
  Queuer first;
  Queuer second;
  Queuer third;
  CHECK(b.wait(first));
  CHECK(b.wait(second));
  CHECK_FALSE(b.wait(third));  // the queue is full
  b.settle();
  CHECK_FALSE(first.called);
  running.ticket = {};
  b.settle();
  CHECK(first.ticket);
  CHECK_FALSE(second.called);
  first.ticket = {};
  b.settle();
  CHECK(second.ticket);
}

TEST_CASE("origin book: a place that somebody leaves is not lost") {
  Bench b(1, 4);
  auto running = b.admit();
  Queuer first;
  Queuer second;
  CHECK(b.wait(first));
  CHECK(b.wait(second));
  SUBCASE("before its turn") {
    first.place = nullptr;
    running.ticket = {};
  }
  SUBCASE("when its turn is on the way") {
    running.ticket = {};
    first.place = nullptr;
  }
  b.settle();
  b.settle();
  CHECK_FALSE(first.called);
  CHECK(second.ticket);
  CHECK(b.book.report(b.origin).in_flight == 1);
}

TEST_CASE("origin book: a place that came free before the queue was joined is seen") {
  Bench b(1, 1);
  auto running = b.admit();
  CHECK(b.admit().refusal == Refusal::Busy);
  running.ticket = {};
  Queuer late;
  CHECK(b.wait(late));
  b.settle();
  CHECK(late.ticket);
}

TEST_CASE("origin book: failures open the breaker; probes alone get through; one success closes") {
  Bench b;
  b.trip();
  CHECK(b.admit().refusal == Refusal::BreakerOpen);
  b.clock.advance(seconds{1});
  auto probe = b.admit();
  REQUIRE(probe.ticket);
  CHECK(b.admit().refusal == Refusal::BreakerOpen);
  probe.ticket.report(AttemptOutcome::Success);
  CHECK(b.admit().ticket);
  const OriginReport report = b.book.report(b.origin);
  CHECK(report.probes == 1);
  CHECK(report.breaker_opened == 1);
  CHECK(report.refused_open == 2);
}

TEST_CASE("origin book: a probe dropped without a word lets the next one through") {
  Bench b;
  b.trip();
  b.clock.advance(seconds{1});
  CHECK(b.admit().ticket);
  CHECK(b.admit().ticket);
}

TEST_CASE("origin book: whoever waits for an origin that turns out broken hears of it") {
  Bench b(1, 1);
  auto running = b.admit();
  Queuer waiting;
  CHECK(b.wait(waiting));
  b.book.set_health(b.origin, false, "status 500");
  b.settle();
  CHECK(waiting.called);
  CHECK_FALSE(waiting.ticket);
  CHECK(waiting.refusal == Refusal::Unhealthy);
}

TEST_CASE("origin book: an unhealthy origin is not asked until it is healthy again") {
  Bench b;
  b.book.set_health(b.origin, false, "status 500");
  CHECK(b.admit().refusal == Refusal::Unhealthy);
  CHECK(b.book.report(b.origin).health_detail == "status 500");
  b.book.set_health(b.origin, true, {});
  CHECK(b.admit().ticket);
}

TEST_CASE("origin book: a new configuration keeps what is known, and takes its settings over") {
  Bench b;
  const auto table = [](uint32_t max_requests, std::string endpoint) {
    RouteConfig config;
    config.version = 1;
    config.origins = {{.id = "a",
                       .endpoint = std::move(endpoint),
                       .source = "s",
                       .max_requests = max_requests,
                       .breaker = {.failures = 1}}};
    return *RouteTable::build(std::move(config));
  };
  const auto first = table(0, "a:1");
  b.book.retain(*first);
  auto running = b.book.admit(first->origins()[0]);
  const auto second = table(1, "a:1");
  b.book.retain(*second);
  CHECK(b.book.admit(second->origins()[0]).refusal == Refusal::Busy);
  running.ticket.report(AttemptOutcome::Failure);
  running.ticket = {};
  CHECK(b.book.admit(second->origins()[0]).refusal == Refusal::BreakerOpen);
  // The same name for another origin: nothing is held against it.
  const auto third = table(1, "b:1");
  b.book.retain(*third);
  CHECK(b.book.admit(third->origins()[0]).ticket);
}

}  // namespace
}  // namespace atl::edge
