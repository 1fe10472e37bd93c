// What an origin may be asked: its breaker, its health, its limits, and who answers instead.
#include <doctest/doctest.h>

#include "tests/component/edge/lab.h"

namespace atl::test {
namespace {

using std::chrono::hours;

constexpr std::string_view kStale =
    "Cache-Control: max-age=10, stale-if-error=600\r\nAge: 20\r\nETag: \"v1\"\r\n";

// Origins "a" and, if wanted, "b", both with these settings, for every host.
std::shared_ptr<const edge::RouteTable> routes(const edge::OriginEndpoint& settings,
                                               bool second = false) {
  edge::RouteConfig config;
  config.version = 1;
  edge::OriginGroupConfig group{.id = "g", .origins = {"a"}, .failover_statuses = {}};
  config.origins = {settings, settings};
  config.origins[0].id = "a";
  config.origins[0].endpoint = "a:1";
  config.origins[1].id = "b";
  config.origins[1].endpoint = "b:1";
  config.origins[0].source = config.origins[1].source = "s";
  if (second) group.origins.push_back("b");
  config.origin_groups = {group};
  config.distributions = {
      {.id = "d", .hosts = {"*"}, .behaviours = {{.path_pattern = "*", .origin_group = "g"}}}};
  return *edge::RouteTable::build(std::move(config));
}

edge::OriginEndpoint breaking(uint32_t failures) {
  edge::OriginEndpoint origin;
  origin.breaker = {.failures = failures, .percent = 0, .open = hours{1}};
  return origin;
}

edge::OriginEndpoint limited(uint32_t requests, uint32_t queued) {
  edge::OriginEndpoint origin;
  origin.max_requests = requests;
  origin.max_queued = queued;
  origin.queue_time = hours{1};
  return origin;
}

TEST_CASE("origins: a failing origin is asked so many times, then 503 says that it is left alone") {
  Lab lab;
  lab.bench.frontend->set_routes(routes(breaking(3)));
  lab.origin.on_open = [](const FakeCallPtr& call) {
    call->fail(rpc::FailureReason::ConnectRefused, false);
  };
  for (int i = 0; i < 3; ++i) {
    CHECK(lab.bench.ask("/" + std::to_string(i))->has("detail=connect-refused\r\n"));
  }
  const auto refused = lab.bench.ask("/x");
  CHECK(refused->status() == 503);
  CHECK(refused->has("Cache-Status: atoll-fra; fwd=miss; detail=breaker-open\r\n"));
  for (int i = 0; i < 50; ++i) CHECK(lab.bench.ask("/y")->status() == 503);
  CHECK(lab.origin.opened() == 3);
}

TEST_CASE("origins: with the breaker open what is stale is served, and the next origin is asked") {
  for (const bool second : {false, true}) {
    CAPTURE(second);
    Lab lab;
    const auto table = routes(breaking(2), second);
    lab.bench.frontend->set_routes(table);
    lab.origin.on_open = [](const FakeCallPtr& call) { call->answer(200, kStale, "kept"); };
    CHECK(lab.bench.ask("/a")->status() == 200);
    for (int i = 0; i < 2; ++i) {
      lab.shared.origins.admit(table->origins()[0]).ticket.report(edge::AttemptOutcome::Failure);
    }
    const auto reply = lab.bench.ask("/a");
    CHECK(reply->status() == 200);
    CHECK(reply->body() == "kept");
    if (second) {
      REQUIRE(lab.origin.opened() == 2);
      CHECK(lab.origin.call(1)->endpoint == "b:1");
    } else {
      CHECK(lab.origin.opened() == 1);
      CHECK(reply->has("detail=breaker-open\r\n"));
      CHECK(lab.bench.counters.stale.get() == 1);
    }
  }
}

TEST_CASE("origins: statuses that say the origin cannot answer count, and 500 does not") {
  for (const uint16_t status : {500, 503}) {
    CAPTURE(status);
    Lab lab;
    lab.bench.frontend->set_routes(routes(breaking(2)));
    lab.origin.on_open = [&](const FakeCallPtr& call) { call->answer(status, "", "no"); };
    for (int i = 0; i < 5; ++i) CHECK(lab.bench.ask("/a")->status() == status);
    CHECK(lab.origin.opened() == (status == 500 ? 5 : 2));
  }
}

TEST_CASE("origins: a client that leaves says nothing about the origin") {
  Lab lab;
  const auto table = routes(breaking(1));
  lab.bench.frontend->set_routes(table);
  for (int i = 0; i < 3; ++i) {
    const auto client = lab.bench.ask_for({.path = "/a", .method = "POST"});
    client->leave();
    lab.bench.settle();
  }
  CHECK(lab.origin.opened() == 3);
  CHECK(lab.shared.origins.report(table->origins()[0]).in_flight == 0);
}

TEST_CASE("origins: an unhealthy origin is not asked") {
  Lab lab;
  const auto table = routes({});
  lab.bench.frontend->set_routes(table);
  lab.shared.origins.set_health(table->origins()[0], false, "status 500");
  CHECK(lab.bench.ask("/a")->has("detail=origin-unhealthy\r\n"));
  CHECK(lab.origin.opened() == 0);
}

TEST_CASE("origins: beyond its limit some wait, in order, and the others hear so at once") {
  Lab lab;
  lab.bench.frontend->set_routes(routes(limited(1, 1)));
  const auto first = lab.bench.ask("/1");
  const auto second = lab.bench.ask("/2");
  const auto third = lab.bench.ask("/3");
  CHECK(lab.origin.opened() == 1);
  CHECK_FALSE(second->done());
  CHECK(third->status() == 503);
  CHECK(third->has("detail=origin-busy\r\n"));
  lab.origin.call(0)->answer(200, "Cache-Control: max-age=60\r\n", "one");
  lab.bench.settle();
  CHECK(first->body() == "one");
  REQUIRE(lab.origin.opened() == 2);
  lab.origin.call(1)->answer(200, "Cache-Control: max-age=60\r\n", "two");
  lab.bench.settle();
  CHECK(second->body() == "two");
  CHECK(lab.bench.counters.queued.get() == 1);
}

TEST_CASE("origins: a request with a body waits too, and gives its body when it is let through") {
  Lab lab;
  lab.bench.frontend->set_routes(routes(limited(1, 1)));
  const auto first = lab.bench.ask("/1");
  const auto upload = lab.bench.ask_for({.path = "/2", .method = "PUT", .body_length = 3});
  CHECK_FALSE(upload->wants_body());
  const auto refused = lab.bench.ask_for({.path = "/3", .method = "PUT", .body_length = 3});
  CHECK(refused->status() == 503);
  CHECK_FALSE(refused->wants_body());
  lab.origin.call(0)->answer(200, "", "one");
  lab.bench.settle();
  REQUIRE(lab.origin.opened() == 2);
  CHECK(upload->wants_body());
  upload->send_body("abc");
  upload->end_body();
  CHECK(lab.origin.call(1)->request_body() == "abc");
  lab.origin.call(1)->answer(204, "");
  lab.bench.settle();
  CHECK(upload->status() == 204);
}

TEST_CASE("origins: who waited too long is told, or served what stale-if-error allows") {
  Lab lab;
  lab.bench.frontend->set_routes(routes(limited(1, 2)));
  const auto fill = lab.bench.ask("/kept");
  lab.origin.call(0)->answer(200, kStale, "kept");
  lab.bench.settle();
  const auto running = lab.bench.ask("/1");
  const auto kept = lab.bench.ask("/kept");
  const auto missing = lab.bench.ask("/2");
  CHECK(lab.origin.opened() == 2);
  lab.bench.fetches->check_deadlines(lab.bench.loop.now() + hours{2});
  lab.bench.settle();
  CHECK(kept->body() == "kept");
  CHECK(kept->has("detail=origin-busy\r\n"));
  CHECK(missing->status() == 503);
  CHECK(missing->has("detail=origin-busy\r\n"));
}

TEST_CASE("origins: a place is free again when the answer is complete, not before") {
  Lab lab;
  const auto table = routes(limited(1, 0));
  lab.bench.frontend->set_routes(table);
  const auto first = lab.bench.ask("/1");
  lab.origin.call(0)->head(200, "Cache-Control: max-age=60\r\n", 4);
  lab.bench.settle();
  CHECK(lab.bench.ask("/2")->status() == 503);
  lab.origin.call(0)->body("body");
  lab.origin.call(0)->end();
  lab.bench.settle();
  CHECK(lab.shared.origins.report(table->origins()[0]).in_flight == 0);
}

}  // namespace
}  // namespace atl::test
