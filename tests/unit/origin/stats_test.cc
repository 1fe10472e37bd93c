#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "origin/stats/counted_service.h"
#include "origin/stats/exposition.h"
#include "tests/unit/origin/fake_responder.h"

namespace atl::origin::test {
namespace {

using namespace std::chrono_literals;
using Responder = std::shared_ptr<rpc::ExchangeResponder>;

// Leaves every exchange to the test.
class HandService final : public rpc::ExchangeService {
 public:
  std::shared_ptr<rpc::ExchangeHandler> open(std::shared_ptr<const rpc::OriginRequest> request,
                                             Responder responder) override {
    asked = request->source;
    last = std::move(responder);
    return nullptr;
  }
  std::vector<rpc::SourceStatus> describe() override {
    return {{"site", "directory", true, ""}, {"shop", "http", false, "it is away"}};
  }

  std::string asked;
  Responder last;
};

struct Stage {
  HandService inner;
  ManualClock clock;
  CountedService service{inner, clock};

  Responder open(const char* source) {
    const auto request = request_for("GET", "/");
    request->source = source;
    service.open(request, std::make_shared<FakeResponder>());
    return std::move(inner.last);
  }
  bool says(const std::string& line) {
    return write_metrics(service).find("\n" + line + "\n") != std::string::npos;
  }
};

TEST_CASE("origin statistics: an exchange counts once, by how it ended") {
  struct Row {
    const char* ending;
    void (*answer)(rpc::ExchangeResponder& responder);
  };
  for (const Row& row : {
           Row{"2xx", [](auto& r) { r.head({.status = 206}), r.end(); }},
           Row{"3xx", [](auto& r) { r.head({.status = 304}), r.end(); }},
           Row{"4xx", [](auto& r) { r.head({.status = 404}), r.end(); }},
           Row{"5xx", [](auto& r) { r.head({.status = 503}), r.end(); }},
           Row{"failed", [](auto& r) { r.fail({.detail = "no route"}); }},
           Row{"cut-off", [](auto& r) { r.head({.status = 200}), r.fail({.detail = "reset"}); }},
           Row{"abandoned", [](auto& r) { r.head({.status = 200}); }},
           Row{"abandoned", [](auto&) {}},
       }) {
    CAPTURE(row.ending);
    Stage stage;
    Responder responder = stage.open("site");
    CHECK(stage.says("atoll_origin_exchanges_in_flight{source=\"site\"} 1"));
    row.answer(*responder);
    responder = nullptr;
    CHECK(stage.says("atoll_origin_exchanges_in_flight{source=\"site\"} 0"));
    for (size_t i = 0; i < kEndings; ++i) {
      const std::string name(to_string(static_cast<Ending>(i)));
      const bool own = name == row.ending;
      CHECK(stage.says("atoll_origin_exchanges_total{source=\"site\",ending=\"" + name + "\"} " +
                       (own ? "1" : "0")));
    }
  }
}

TEST_CASE("origin statistics: what is counted is passed on as it was") {
  Stage stage;
  const auto request = request_for("GET", "/");
  request->source = "shop";
  const auto client = std::make_shared<FakeResponder>();
  stage.service.open(request, client);
  Responder responder = std::move(stage.inner.last);
  responder->read_body();
  responder->request_sent();
  responder->inform(103, "Link: x\r\n");
  stage.clock.advance(3ms);
  CHECK(responder->head({.status = 200}));
  client->capacity = 4;
  CHECK(responder->write("abc"));
  CHECK_FALSE(responder->write("defg"));
  responder->end("Trailer: y\r\n");
  responder = nullptr;
  CHECK(client->body == "abcdefg");
  CHECK(client->trailers == "Trailer: y\r\n");
  CHECK(client->informational.size() == 1);
  CHECK(client->sent);
  CHECK(client->body_reads == 1);
  CHECK(stage.says("atoll_origin_sent_bytes_total{source=\"shop\"} 7"));
  CHECK(stage.says("atoll_origin_head_seconds_bucket{source=\"shop\",le=\"0.0025\"} 0"));
  CHECK(stage.says("atoll_origin_head_seconds_bucket{source=\"shop\",le=\"0.005\"} 1"));
  CHECK(stage.says("atoll_origin_head_seconds_bucket{source=\"shop\",le=\"+Inf\"} 1"));
  CHECK(stage.says("atoll_origin_head_seconds_sum{source=\"shop\"} 0.003"));
  CHECK(stage.says("atoll_origin_source_ready{source=\"shop\"} 0"));
}

TEST_CASE("origin statistics: a head on a bound belongs below it, a late one beyond all") {
  struct Row {
    std::chrono::microseconds time;
    const char* bound;
    int want;
  };
  for (const auto& [time, bound, want] : {
           Row{1ms, "0.001", 1},
           Row{1001us, "0.001", 0},
           Row{1001us, "0.0025", 1},
           Row{6s, "5", 0},
           Row{6s, "+Inf", 1},
           Row{0ms, "0.0005", 1},
       }) {
    CAPTURE(bound);
    Stage stage;
    const Responder responder = stage.open("site");
    stage.clock.advance(time);
    responder->head({.status = 200});
    CHECK(stage.says("atoll_origin_head_seconds_bucket{source=\"site\",le=\"" + std::string(bound) +
                     "\"} " + std::to_string(want)));
  }
}

TEST_CASE("origin statistics: a source that is not there is no series of its own") {
  Stage stage;
  stage.open("nowhere\"}");
  CHECK(stage.inner.asked == "nowhere\"}");
  CHECK(stage.says("atoll_origin_unknown_sources_total 1"));
  CHECK(write_metrics(stage.service).find("nowhere") == std::string::npos);
}

}  // namespace
}  // namespace atl::origin::test
