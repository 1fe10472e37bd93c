// What a behaviour's cache policy makes of requests and answers (docs/cache-policy.md).
#include <doctest/doctest.h>

#include "tests/component/edge/policy_lab.h"

namespace atl::test {
namespace {

using policy::NameList;
using policy::Selection;
using enum policy::Selection::Mode;

TEST_CASE("policy: two spellings of one query are one object, and the origin sees the key's") {
  PolicyLab lab(keyed({.query = {Deny, NameList({"utm_*"})}}));
  CHECK(lab.bench.ask("/p?b=2&utm_source=x&a=1")->body() == "1");
  CHECK(lab.origin.call(0)->target == "/p?a=1&b=2");
  CHECK(lab.bench.ask("/p?a=1&b=2&utm_medium=y")->has("; hit"));
  CHECK(lab.bench.ask("/p?a=1&&b=2")->has("; hit"));
  CHECK(lab.bench.ask("/p?a=1&b=3")->body() == "2");
  CHECK(lab.bench.ask("/p")->body() == "3");
  // As the client wrote it where it is not answered from the cache.
  lab.bench.ask_for({.path = "/p?b=2&utm_source=x&a=1", .method = "POST"});
  CHECK(lab.origin.call(3)->target == "/p?b=2&utm_source=x&a=1");
  // RFC 9111 section 4.4: and the POST made the stored answer go.
  CHECK(lab.bench.ask("/p?a=1&b=2")->body() == "5");
}

TEST_CASE("policy: an unsafe request invalidates what Location's own behaviour keys") {
  edge::RouteConfig config = config_with(keyed({.query = {None, {}}}));
  edge::BehaviourConfig forms{.path_pattern = "/form", .origin_group = "site"};
  auto& behaviours = config.distributions[0].behaviours;
  behaviours.insert(behaviours.begin(), forms);
  PolicyLab lab(config, 200, std::string(kFresh) + "Location: /item?from=form\r\n");
  CHECK(lab.bench.ask("/item?x=1")->body() == "1");
  CHECK(lab.bench.ask("/item?x=2")->has("; hit"));
  lab.bench.ask_for({.path = "/form", .method = "POST"});
  CHECK(lab.bench.ask("/item")->body() == "3");
}

TEST_CASE("policy: too many parameters are refused before anything is done for them") {
  PolicyLab lab(keyed({.query = {All, {}}}));
  std::string target = "/p?";
  for (size_t i = 0; i <= policy::Pieces::kMost; ++i) target += "a&";
  const auto refused = lab.bench.ask(target);
  CHECK(refused->status() == 400);
  CHECK(refused->has("detail=too-many-parameters"));
  CHECK(lab.origin.opened() == 0);
}

TEST_CASE("policy: cookies of the key tell clients apart; the others never reach the origin") {
  PolicyLab lab(keyed({.cookies = {Allow, NameList({"lang"})}}));
  CHECK(lab.bench.ask("/p", {{"Cookie", "id=7; lang=de"}})->body() == "1");
  CHECK(lab.origin.call(0)->has("Cookie: lang=de\r\n"));
  CHECK_FALSE(lab.origin.call(0)->has("id=7"));
  CHECK(lab.bench.ask("/p", {{"Cookie", "lang=de; id=8"}})->has("; hit"));
  CHECK(lab.bench.ask("/p", {{"Cookie", "lang=en"}})->body() == "2");
  CHECK(lab.bench.ask("/p")->body() == "3");
  CHECK_FALSE(lab.origin.call(2)->has("Cookie:"));
  CHECK(lab.bench.ask("/p", {{"Cookie", "id=9"}})->has("; hit"));
  // Elsewhere they are what makes a session.
  lab.bench.ask_for({.path = "/login", .method = "POST", .fields = {{"Cookie", "id=7"}}});
  CHECK(lab.origin.call(3)->has("Cookie: id=7\r\n"));
  // One purge takes every variant.
  CHECK(lab.purge({edge::PurgeSpec::Kind::Url, "http://www.example.org/p", false}) == 3);
}

TEST_CASE("policy: without cookies an origin that varies by them still has one answer") {
  PolicyLab lab(config_with(keyed({.cookies = {None, {}}})), 200,
                std::string(kFresh) + "Vary: Cookie\r\n");
  CHECK(lab.bench.ask("/p", {{"Cookie", "id=7"}})->body() == "1");
  CHECK(lab.bench.ask("/p", {{"Cookie", "id=8"}})->has("; hit"));
}

TEST_CASE("policy: headers and the class of device are parts of the key") {
  PolicyLab lab(keyed({.headers = {"X-Tenant"}, .device = true}));
  CHECK(lab.bench.ask("/p", {{"X-Tenant", "a"}})->body() == "1");
  CHECK(lab.origin.call(0)->has("CloudFront-Is-Desktop-Viewer: true\r\n"));
  CHECK(lab.bench.ask("/p", {{"x-tenant", "a"}, {"User-Agent", "curl"}})->has("; hit"));
  CHECK(lab.bench.ask("/p", {{"X-Tenant", "b"}})->body() == "2");
  CHECK(lab.bench.ask("/p", {{"X-Tenant", "a"}, {"User-Agent", "iPhone"}})->body() == "3");
  CHECK(lab.origin.call(2)->has("CloudFront-Is-Mobile-Viewer: true\r\n"));
  // Whatever the client claims.
  const auto lying = lab.bench.ask(
      "/p",
      {{"X-Tenant", "a"}, {"User-Agent", "iPhone"}, {"CloudFront-Is-Mobile-Viewer", "false"}});
  CHECK(lying->body() == "3");
  CHECK(lying->has("; hit"));
}

TEST_CASE("policy: requests that cannot share an answer do not wait for one another") {
  PolicyLab lab(keyed({.headers = {"X-Tenant"}}));
  std::vector<FakeCallPtr> open;
  lab.origin.on_open = [&](const FakeCallPtr& call) { open.push_back(call); };
  const auto a = lab.bench.request({.path = "/p", .fields = {{"X-Tenant", "a"}}});
  const auto b = lab.bench.request({.path = "/p", .fields = {{"X-Tenant", "b"}}});
  const auto also_a = lab.bench.request({.path = "/p", .fields = {{"X-Tenant", "a"}}});
  lab.bench.settle();
  REQUIRE(open.size() == 2);
  open[1]->answer(200, kFresh, "for b");
  lab.bench.settle();
  CHECK(b->body() == "for b");
  CHECK_FALSE(a->begun());
  open[0]->answer(200, kFresh, "for a");
  lab.bench.settle();
  CHECK(a->body() == "for a");
  CHECK(also_a->body() == "for a");
  CHECK(also_a->has("; collapsed"));
}

TEST_CASE("policy: aliases are one site, whose name is what the origin sees") {
  edge::RouteConfig config = config_with({});
  config.distributions[0].hosts = {"www.example.org", "example.org", "*.example.net"};
  config.distributions[0].canonical_host = "www.example.org";
  PolicyLab lab(config);
  CHECK(lab.bench.ask_for({.path = "/p", .host = "a.example.net:8080"})->body() == "1");
  CHECK(lab.origin.call(0)->authority == "www.example.org");
  CHECK(lab.bench.ask_for({.path = "/p", .host = "example.org"})->has("; hit"));
  CHECK(lab.bench.ask_for({.path = "/p", .host = "WWW.example.org"})->has("; hit"));
  lab.bench.ask_for({.path = "/p", .method = "POST", .host = "example.org"});
  CHECK(lab.origin.call(1)->authority == "www.example.org");
  CHECK(lab.bench.ask_for({.path = "/p", .host = "example.org"})->body() == "3");
  for (const auto& spec :
       {edge::PurgeSpec{edge::PurgeSpec::Kind::Url, "http://example.org/p", false},
        edge::PurgeSpec{edge::PurgeSpec::Kind::Prefix, "http://b.example.net/*", false},
        edge::PurgeSpec{edge::PurgeSpec::Kind::Host, "example.org", false}}) {
    CAPTURE(spec.value);
    lab.bench.ask("/p");
    CHECK(lab.purge(spec) == 1);
  }
}

TEST_CASE("policy: a purge finds the object however its query is spelled") {
  PolicyLab lab(keyed({.query = {All, {}}}));
  lab.bench.ask("/p?b&a");
  CHECK(lab.purge({edge::PurgeSpec::Kind::Url, "http://www.example.org/p?b&&a", false}) == 1);
}

TEST_CASE("policy: a lifetime by status, for answers that do not say") {
  struct Row {
    uint16_t status;
    const char* lines;
    const char* want;  // in the second answer's Cache-Status
  };
  for (const Row& row : {
           Row{404, "", "hit; ttl=10"},
           Row{404, "Cache-Control: max-age=3\r\n", "hit; ttl=3"},
           Row{404, "Cache-Control: no-store\r\n", "fwd=miss"},
           Row{404, "Set-Cookie: a=b\r\n", "fwd=miss"},
           Row{503, "", "hit; ttl=2"},
           Row{403, "", "fwd=miss"},
           Row{410, "", "fwd=miss"},
           Row{200, "", "hit; ttl=60"},
       }) {
    CAPTURE(row.status);
    CAPTURE(row.lines);
    edge::CachePolicy cache;
    cache.default_ttl = std::chrono::seconds{60};
    cache.ttl_by_status = {{404, std::chrono::seconds{10}},
                           {503, std::chrono::seconds{2}},
                           {410, std::chrono::seconds{0}}};
    PolicyLab lab(config_with(cache), row.status, row.lines);
    CHECK(lab.bench.ask("/p")->status() == row.status);
    CHECK(lab.bench.ask("/p")->has(row.want));
  }
}

TEST_CASE("policy: without collapsing nobody waits for another's fetch") {
  edge::CachePolicy cache;
  cache.collapse = false;
  PolicyLab lab(std::move(cache));
  std::vector<FakeCallPtr> open;
  lab.origin.on_open = [&](const FakeCallPtr& call) { open.push_back(call); };
  const auto first = lab.bench.get("/p");
  const auto second = lab.bench.get("/p");
  lab.bench.settle();
  REQUIRE(open.size() == 2);
  open[1]->answer(200, "Cache-Control: private\r\n", "second's");
  open[0]->answer(200, kFresh, "first's");
  lab.bench.settle();
  CHECK(first->body() == "first's");
  CHECK(second->body() == "second's");
  CHECK(second->has("detail=private"));
  CHECK(lab.bench.ask("/p")->has("; hit"));
}

// ---- Signed URLs ----

TEST_CASE("signed URLs: refused without, one object with; the origin sees no signature") {
  edge::RouteConfig config = config_with({});
  config.signing_keys = {{"k", std::string(32, 's')}, {"other", std::string(32, 't')}};
  config.distributions[0].behaviours[0].signing_keys = {"k"};
  PolicyLab lab(config);
  const auto refused = lab.bench.ask("/p");
  CHECK(refused->status() == 403);
  CHECK(refused->has("detail=signature-missing"));
  const auto forged =
      lab.bench.ask("/p?Expires=9999999999&Key-Id=k&Signature=" + std::string(43, 'A'));
  CHECK(forged->has("detail=signature-wrong"));
  const auto foreign =
      lab.bench.ask("/p?Expires=9999999999&Key-Id=other&Signature=" + std::string(43, 'A'));
  CHECK(foreign->has("detail=signature-unknown-key"));
  CHECK(lab.origin.opened() == 0);
  // Made with another implementation: openssl dgst -sha256 -mac hmac.
  CHECK(lab.bench
            .ask("/p?a=1&Expires=9999999999&Key-Id=k&Signature=S9uFkj-13R93bkkw8eyk1-"
                 "Hhv0Yj4o4ScjKCCGdRZpA")
            ->body() == "1");
  CHECK(lab.origin.call(0)->target == "/p?a=1");
  CHECK(lab.bench
            .ask("/p?a=1&Expires=9999999998&Key-Id=k&Signature=mXxxuhrK32zS5ZM63_WDgB5wa6Q-"
                 "OSNj7pvk1Z_Okp8")
            ->has("; hit"));
  lab.bench.ask_for({.path = "/p?a=1&Expires=9999999999&Key-Id=k&Signature=S9uFkj-13R93bkkw8eyk1-"
                             "Hhv0Yj4o4ScjKCCGdRZpA",
                     .method = "POST"});
  CHECK(lab.origin.call(1)->target == "/p?a=1");
}

// ---- Headers ----

edge::RouteConfig config_with_headers() {
  edge::RouteConfig config = config_with({});
  edge::BehaviourConfig& behaviour = config.distributions[0].behaviours[0];
  behaviour.request_headers = {{"X-Debug"}, {{"X-From", "cdn"}}};
  behaviour.response_headers = {{"Server"},
                                {{"Cache-Control", "max-age=5"}, {"X-Frame-Options", "DENY"}}};
  return config;
}

TEST_CASE("policy: tags are for purges, clients never see them") {
  for (const char* lines :
       {"Cache-Control: max-age=60\r\nSurrogate-Key: a b\r\nCache-Tag: c,d\r\n",
        "Cache-Control: no-store\r\nSurrogate-Key: a b\r\nCache-Tag: c,d\r\n"}) {
    CAPTURE(lines);
    PolicyLab lab(config_with({}), 200, lines);
    for (int i = 0; i < 2; ++i) {
      const auto answer = lab.bench.ask("/p");
      CHECK(answer->status() == 200);
      CHECK_FALSE(answer->has("Surrogate-Key"));
      CHECK_FALSE(answer->has("Cache-Tag"));
      CHECK_FALSE(answer->has("\r\n:"));
    }
  }
  PolicyLab lab(config_with({}), 200, std::string(kFresh) + "Surrogate-Key: a b\r\n");
  lab.bench.ask("/p");
  CHECK(lab.purge({edge::PurgeSpec::Kind::Tag, "c", false}) == 0);
  CHECK(lab.purge({edge::PurgeSpec::Kind::Tag, "b", false}) == 1);
}

TEST_CASE("policy: headers are edited in both directions, on a miss and on a hit") {
  PolicyLab lab(config_with_headers(), 200,
                "Cache-Control: max-age=60\r\nServer: secret\r\nETag: \"v\"\r\n"
                "x-frame-options: SAMEORIGIN\r\nX-Other: 1\r\n");
  const FieldList fields{{"x-debug", "1"}, {"X-From", "evil"}, {"X-Keep", "1"}};
  for (const char* how : {"fwd=miss", "; hit; ttl=60"}) {
    CAPTURE(how);
    const auto answer = lab.bench.ask("/p", fields);
    CHECK(answer->has(how));  // the origin's own lifetime counts, not the one clients are told
    CHECK(answer->has("Cache-Control: max-age=5\r\n"));
    CHECK(answer->has("X-Frame-Options: DENY\r\n"));
    CHECK(answer->has("X-Other: 1\r\n"));
    CHECK_FALSE(answer->has("max-age=60"));
    CHECK_FALSE(answer->has("secret"));
    CHECK_FALSE(answer->has("SAMEORIGIN"));
  }
  CHECK(lab.origin.call(0)->has("X-From: cdn\r\n"));
  CHECK(lab.origin.call(0)->has("X-Keep: 1\r\n"));
  CHECK_FALSE(lab.origin.call(0)->has("evil"));
  CHECK_FALSE(lab.origin.call(0)->has("x-debug"));
  // Other forms of the same answer.
  for (const auto& [name, value] : FieldList{{"If-None-Match", "\"v\""}, {"Range", "bytes=0-0"}}) {
    CAPTURE(name);
    const auto answer = lab.bench.ask("/p", {{name, value}});
    CHECK(answer->has("Cache-Control: max-age=5\r\n"));
    CHECK_FALSE(answer->has("max-age=60"));
    CHECK_FALSE(answer->has("secret"));
    CHECK_FALSE(answer->has("\r\n:"));
  }
}

TEST_CASE("policy: revalidation goes by what the origin said, and is edited again") {
  PolicyLab lab(config_with_headers(), 200,
                "Cache-Control: no-cache\r\nServer: secret\r\nETag: \"v\"\r\nX-Other: 1\r\n");
  CHECK(lab.bench.ask("/p")->has("Cache-Control: max-age=5\r\n"));
  lab.origin.on_open = [](const FakeCallPtr& call) {
    CHECK(call->has("If-None-Match: \"v\"\r\n"));
    call->answer(304, "ETag: \"v\"\r\nServer: other secret\r\nX-Other: 2\r\n");
  };
  for (int i = 0; i < 3; ++i) {  // no-cache stays in force, whatever clients are told
    const auto answer = lab.bench.ask("/p");
    CHECK(answer->body() == "1");
    CHECK(answer->has("fwd=stale; fwd-status=304"));
    CHECK(answer->has("X-Other: 2\r\n"));
    CHECK(answer->has("X-Frame-Options: DENY\r\n"));
    CHECK_FALSE(answer->has("secret"));
  }
}

TEST_CASE("policy: a HEAD refreshes what is stored, hidden part and all") {
  PolicyLab lab(
      config_with_headers(), 200,
      "Cache-Control: max-age=0\r\nServer: secret\r\nETag: \"v\"\r\nSurrogate-Key: t\r\n");
  lab.bench.ask("/p");
  lab.origin.on_open = [](const FakeCallPtr& call) {
    call->answer(200,
                 "Cache-Control: max-age=60\r\nServer: secret\r\nETag: \"v\"\r\n"
                 "Content-Length: 1\r\n");
  };
  lab.bench.ask_for({.path = "/p", .method = "HEAD"});
  const auto answer = lab.bench.ask("/p");
  CHECK(answer->has("; hit; ttl=60"));
  CHECK(answer->has("Cache-Control: max-age=5\r\n"));
  CHECK_FALSE(answer->has("secret"));
  CHECK(lab.purge({edge::PurgeSpec::Kind::Tag, "t", false}) == 1);
}

TEST_CASE("policy: http is sent to https, or refused") {
  struct Row {
    edge::ViewerProtocol protocol;
    uint32_t port;
    const char* method;
    uint16_t status;
    const char* line;
  };
  for (const Row& row :
       {Row{edge::ViewerProtocol::RedirectToHttps, 0, "GET", 301,
            "Location: https://www.example.org/a?b=%0d\r\n"},
        Row{edge::ViewerProtocol::RedirectToHttps, 0, "HEAD", 301,
            "Location: https://www.example.org/a?b=%0d\r\n"},
        Row{edge::ViewerProtocol::RedirectToHttps, 8443, "POST", 308,
            "Location: https://www.example.org:8443/a?b=%0d\r\n"},
        Row{edge::ViewerProtocol::HttpsOnly, 0, "GET", 403, "detail=https-only"}}) {
    CAPTURE(row.line);
    edge::RouteConfig config = config_with({});
    config.distributions[0].behaviours[0].viewer_protocol = row.protocol;
    config.distributions[0].behaviours[0].https_port = row.port;
    PolicyLab lab(config);
    const auto answer =
        lab.bench.ask_for({.path = "/a?b=%0d", .method = row.method, .host = "WWW.example.org:80"});
    CHECK(answer->status() == row.status);
    CHECK(answer->has(row.line));
    CHECK(lab.origin.opened() == 0);
  }
}

}  // namespace
}  // namespace atl::test
