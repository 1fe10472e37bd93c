#include "control-plane/dashboard/serve.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/unit/control-plane/frontdoor/fake_responder.h"

namespace atl::control {
namespace {

constexpr Asset kAssets[] = {
    {"/", "text/html; charset=utf-8", "aa", false, "<p>page</p>", {}},
    {"/dashboard/main-1.js", "text/javascript", "bb", true, "the script", "zip"},
};

struct Ask {
  std::string path = "/";
  std::vector<http::Field> fields = {};
  const char* method = "GET";
  std::span<const Asset> assets = kAssets;
};

FakeResponder ask(const Ask& ask) {
  FakeResponder responder;
  http::RequestHead head;
  head.method = ask.method;
  head.fields = ask.fields;
  serve_dashboard(ask.assets, head, ask.path, http::DateTime{}, responder);
  CHECK(responder.answers == 1);
  return responder;
}

TEST_CASE("dashboard: which paths are its own") {
  for (const char* mine : {"/", "/dashboard", "/dashboard/", "/dashboard/a/b"}) {
    CAPTURE(mine);
    CHECK(is_dashboard(mine));
  }
  for (const char* other : {"", "*", "/dash", "/dashboards", "/index.html", "//"}) {
    CAPTURE(other);
    CHECK_FALSE(is_dashboard(other));
  }
}

TEST_CASE("dashboard: the page is asked for again, what it names is kept for a year") {
  const FakeResponder page = ask({});
  CHECK(page.status() == 200);
  CHECK(page.body == "<p>page</p>");
  CHECK(page.field("Content-Type") == "text/html; charset=utf-8");
  CHECK(page.field("Cache-Control") == "no-cache");
  CHECK(page.field("ETag") == "\"aa\"");
  CHECK(page.field("Vary") == "-");
  const FakeResponder script = ask({.path = "/dashboard/main-1.js"});
  CHECK(script.body == "the script");
  CHECK(script.field("Cache-Control") == "public, max-age=31536000, immutable");
  CHECK(script.field("Vary") == "Accept-Encoding");
  CHECK(script.field("Content-Encoding") == "-");
}

TEST_CASE("dashboard: no answer lets in a script, a style or a frame from elsewhere") {
  for (const char* path : {"/", "/dashboard/main-1.js", "/dashboard", "/dashboard/nothing"}) {
    CAPTURE(path);
    const FakeResponder answer = ask({.path = path});
    const std::string policy = answer.field("Content-Security-Policy");
    CHECK(policy.starts_with("default-src 'none'; script-src 'self';"));
    CHECK(policy.find("unsafe") == std::string::npos);
    CHECK(policy.find("frame-ancestors 'none'") != std::string::npos);
    CHECK(answer.field("X-Content-Type-Options") == "nosniff");
  }
}

TEST_CASE("dashboard: compressed for who accepts it") {
  struct Row {
    const char* accept;
    bool zipped;
  };
  for (const Row& row :
       {Row{"gzip", true}, Row{"GZIP", true}, Row{"br, gzip;q=0.5", true}, Row{"*", true},
        Row{"gzip;q=0", false}, Row{"gzip; q=0.000", false}, Row{"gzip;q=0.001", true},
        Row{"*;q=0", false}, Row{"*, gzip;q=0", false}, Row{"gzip, *;q=0", true}, Row{"br", false},
        Row{"gzipped", false}, Row{"", false}, Row{";", false}}) {
    CAPTURE(row.accept);
    const FakeResponder answer =
        ask({.path = "/dashboard/main-1.js", .fields = {{"accept-encoding", row.accept}}});
    CHECK(answer.body == (row.zipped ? "zip" : "the script"));
    CHECK(answer.field("Content-Encoding") == (row.zipped ? "gzip" : "-"));
    CHECK(answer.field("ETag") == (row.zipped ? "\"bb-gzip\"" : "\"bb\""));
  }
  CHECK(ask({.fields = {{"Accept-Encoding", "gzip"}}}).body == "<p>page</p>");
}

TEST_CASE("dashboard: what the client has is not sent again") {
  struct Row {
    const char* has;
    int status;
  };
  for (const Row& row : {Row{"\"aa\"", 304}, Row{"W/\"aa\"", 304}, Row{"\"x\", \"aa\"", 304},
                         Row{"*", 304}, Row{"\"ab\"", 200}, Row{"aa", 200}, Row{"", 200}}) {
    CAPTURE(row.has);
    const FakeResponder answer = ask({.fields = {{"If-None-Match", row.has}}});
    CHECK(answer.status() == row.status);
    CHECK(answer.body == (row.status == 304 ? "" : "<p>page</p>"));
    CHECK(answer.field("ETag") == "\"aa\"");
  }
}

TEST_CASE("dashboard: HEAD is the same without the content") {
  const FakeResponder answer = ask({.method = "HEAD"});
  CHECK(answer.status() == 200);
  CHECK(answer.body.empty());
  CHECK(answer.field("Content-Type") == "text/html; charset=utf-8");
}

TEST_CASE("dashboard: what is not there says so") {
  CHECK(ask({.path = "/dashboard"}).status() == 308);
  CHECK(ask({.path = "/dashboard/"}).field("Location") == "/");
  const FakeResponder missing = ask({.path = "/dashboard/../main-1.js"});
  CHECK(missing.status() == 404);
  CHECK(missing.body.find("no such file") != std::string::npos);
  for (const char* path : {"/", "/dashboard", "/dashboard/main-1.js"}) {
    CAPTURE(path);
    const FakeResponder without = ask({.path = path, .assets = {}});
    CHECK(without.status() == 404);
    CHECK(without.field("Content-Type") == "application/json");
    CHECK(without.body.find("built without the dashboard") != std::string::npos);
  }
}

}  // namespace
}  // namespace atl::control
