// Pages in place of errors (docs/cache-policy.md).
#include <doctest/doctest.h>

#include "tests/component/edge/policy_lab.h"
#include "tests/component/edge/range_origin.h"

namespace atl::test {
namespace {

edge::RouteConfig config_with_pages() {
  edge::RouteConfig config = config_with({});
  config.distributions[0].error_pages = {
      {.statuses = {404}, .path = "/404.html", .ttl = std::chrono::seconds{60}},
      {.statuses = {403}, .path = "/index.html", .response_status = 200},
      {.statuses = {500, 502, 503, 504}, .path = "/sorry.html", .response_status = 503}};
  return config;
}

// Paths that end in .html are there; the others are errors, by their name.
struct PageLab : PolicyLab {
  PageLab() : PolicyLab(config_with_pages()) {
    origin.on_open = [this](const FakeCallPtr& call) {
      if (call->target == "/gone") {
        return call->fail(rpc::FailureReason::ConnectRefused, false);
      }
      if (!call->target.ends_with(".html") || pages_gone) {
        return call->answer(static_cast<uint16_t>(std::stoi(call->target.substr(1))), "",
                            "raw error");
      }
      call->answer(200, "Cache-Control: max-age=60\r\nETag: \"p\"\r\n", "page " + call->target);
    };
  }
  bool pages_gone = false;
};

TEST_CASE("error pages: in place of an error, under the status that was asked for") {
  struct Row {
    const char* path;
    uint16_t status;
    const char* body;
    const char* again;  // in Cache-Status of the second
  };
  for (const Row& row : {
           Row{"/404", 404, "page /404.html", "; hit; ttl=60; detail=error-page"},
           Row{"/403", 200, "page /index.html", "; hit; ttl=60; detail=error-page"},
           Row{"/500", 503, "page /sorry.html", "; hit; ttl=60; detail=error-page"},
           Row{"/gone", 503, "page /sorry.html", "; hit; ttl=60; detail=error-page"},
           Row{"/410", 410, "raw error", "fwd="},
       }) {
    CAPTURE(row.path);
    PageLab lab;
    for (int i = 0; i < 2; ++i) {
      const auto answer =
          lab.bench.ask(row.path, {{"If-None-Match", "\"p\""}, {"Range", "bytes=0-1"}});
      CHECK(answer->done());
      CHECK(answer->status() == row.status);
      CHECK(answer->body() == row.body);
      if (i == 1) CHECK(answer->has(row.again));
    }
    const auto head = lab.bench.ask_for({.path = row.path, .method = "HEAD"});
    CHECK(head->status() == row.status);
    CHECK(head->framing().bodiless);
    CHECK(head->body().empty());
  }
}

TEST_CASE("error pages: the error is remembered for as long as the page says") {
  PageLab lab;
  for (int i = 0; i < 5; ++i) CHECK(lab.bench.ask("/404")->status() == 404);
  CHECK(lab.origin.opened() == 2);  // the error and the page, once each
  CHECK(lab.bench.counters.hits.get() == 4);
}

TEST_CASE("error pages: many who fail at once share the fetch of the page") {
  PageLab lab;
  std::vector<std::shared_ptr<Client>> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(lab.bench.get("/500"));
  lab.bench.settle();
  for (const auto& client : clients) {
    CHECK(client->status() == 503);
    CHECK(client->body() == "page /sorry.html");
  }
  size_t pages = 0;
  for (const auto& call : lab.origin.calls()) pages += call->target == "/sorry.html" ? 1 : 0;
  CHECK(pages == 1);
}

TEST_CASE("error pages: without the page the error itself is answered") {
  PageLab lab;
  lab.pages_gone = true;
  lab.origin.on_open = [](const FakeCallPtr& call) { call->answer(404, "", "raw error"); };
  for (int i = 0; i < 2; ++i) {
    const auto answer = lab.bench.ask("/404");
    CHECK(answer->status() == 404);
    CHECK(answer->has("detail=error-page-failed"));
  }
  lab.origin.on_open = [](const FakeCallPtr& call) {
    call->fail(rpc::FailureReason::ConnectRefused, false);
  };
  const auto answer = lab.bench.ask("/a.html");
  CHECK(answer->status() == 502);
  CHECK(answer->has("detail=error-page-failed"));
}

TEST_CASE("error pages: what is stale comes first, and other methods get the error") {
  PageLab lab;
  lab.origin.on_open = [](const FakeCallPtr& call) {
    call->answer(200, "Cache-Control: max-age=0, stale-if-error=60\r\nETag: \"v\"\r\n", "good");
  };
  lab.bench.ask("/a");
  lab.origin.on_open = [](const FakeCallPtr& call) { call->answer(500, "", "raw error"); };
  CHECK(lab.bench.ask("/a")->body() == "good");
  const auto posted = lab.bench.ask_for({.path = "/a", .method = "POST"});
  CHECK(posted->status() == 500);
  CHECK(posted->body() == "raw error");
}

TEST_CASE("error pages: the client's ranges are not about the page, and parts of it are no page") {
  PageLab lab;
  RangeOrigin pages;
  pages.body = "the page";
  lab.origin.on_open = [&](const FakeCallPtr& call) {
    if (call->target.ends_with(".html")) return pages.answer(call);
    call->answer(404, "", "raw error");
  };
  CHECK(lab.bench.ask("/404.html", {{"Range", "bytes=4-7"}})->body() == "page");
  for (int i = 0; i < 2; ++i) {
    CAPTURE(i);
    const auto answer = lab.bench.ask("/404", {{"Range", "bytes=0-2"}});
    CHECK(answer->status() == 404);
    CHECK(answer->body() == "the page");
    CHECK_FALSE(answer->has("Content-Range"));
  }
}

}  // namespace
}  // namespace atl::test
