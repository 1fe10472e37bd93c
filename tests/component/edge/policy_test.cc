// What a behaviour's cache policy makes of requests and answers (docs/cache-policy.md).
#include <doctest/doctest.h>

#include "edge/purge.h"
#include "tests/component/edge/lab.h"

namespace atl::test {
namespace {

using policy::NameList;
using policy::Selection;
using enum policy::Selection::Mode;

constexpr std::string_view kFresh = "Cache-Control: max-age=60\r\n";

edge::RouteConfig config_with(edge::CachePolicy cache) {
  edge::RouteConfig config;
  config.version = 2;
  config.origins = {{.id = "a", .endpoint = "a:1", .source = "site"}};
  config.origin_groups = {{.id = "site", .origins = {"a"}, .failover_statuses = {}}};
  edge::BehaviourConfig behaviour{.path_pattern = "*", .origin_group = "site"};
  behaviour.cache = std::move(cache);
  config.distributions = {{.id = "site", .hosts = {"*"}, .behaviours = {std::move(behaviour)}}};
  return config;
}

// A lab whose origin answers every request with its own number.
struct PolicyLab : Lab {
  explicit PolicyLab(edge::RouteConfig config, uint16_t status = 200,
                     std::string lines = std::string(kFresh)) {
    routes = *edge::RouteTable::build(std::move(config));
    bench.frontend->set_routes(routes);
    origin.on_open = [this, status, lines = std::move(lines)](const FakeCallPtr& call) {
      call->answer(status, lines, std::to_string(++answered));
    };
  }
  explicit PolicyLab(edge::CachePolicy cache) : PolicyLab(config_with(std::move(cache))) {}

  uint64_t purge(edge::PurgeSpec spec) {
    return edge::carry_out(spec, routes.get(), shared, {})->objects;
  }

  std::shared_ptr<const edge::RouteTable> routes;
  int answered = 0;
};

edge::CachePolicy keyed(policy::KeyPolicy key) {
  edge::CachePolicy cache;
  cache.key = std::move(key);
  return cache;
}

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

}  // namespace
}  // namespace atl::test
