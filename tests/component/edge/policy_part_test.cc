// Ranges under a cache policy: the parts that are fetched and kept are those of the shaped request
// (docs/adr/0007, docs/adr/0008).
#include <doctest/doctest.h>

#include "tests/component/edge/policy_lab.h"
#include "tests/component/edge/range_origin.h"

namespace atl::test {
namespace {

using policy::NameList;
using enum policy::Selection::Mode;

constexpr uint64_t kBlock = 100;

// Blocks of 100 bytes, a representation of 1050. Of a request, the query without "utm_*" and the
// tenant are in the key, and cookies are not.
struct PolicyPartLab : Lab {
  PolicyPartLab() : Lab(10'000, 64 << 20, kBlock) {
    routes = *edge::RouteTable::build(config_with(keyed(
        {.query = {Deny, NameList({"utm_*"})}, .cookies = {None, {}}, .headers = {"X-Tenant"}})));
    bench.frontend->set_routes(routes);
    site.body = random_bytes(1050, 1);
    origin.on_open = [this](const FakeCallPtr& call) { site.answer(call); };
  }
  static FieldList fields(const std::string& bytes, const std::string& tenant) {
    return {{"Range", "bytes=" + bytes}, {"X-Tenant", tenant}, {"Cookie", "id=" + bytes}};
  }
  std::string range_of(size_t call) const { return field_in(origin.call(call)->fields, "Range"); }

  std::shared_ptr<const edge::RouteTable> routes;
  RangeOrigin site;
};

TEST_CASE("policy: parts asked for under two spellings of a query are parts of one object") {
  PolicyPartLab lab;
  const auto miss = lab.bench.ask("/a?b=2&utm_source=x&a=1", lab.fields("250-259", "a"));
  CHECK(miss->status() == 206);
  CHECK(miss->body() == lab.site.body.substr(250, 10));
  const auto hit = lab.bench.ask("/a?a=1&b=2&utm_medium=y", lab.fields("200-299", "a"));
  CHECK(hit->status() == 206);
  CHECK(hit->has("; hit; ttl=60"));
  CHECK(hit->body() == lab.site.body.substr(200, 100));
  const auto rest = lab.bench.ask("/a?a=1&&b=2", lab.fields("150-399", "a"));
  CHECK(rest->has("; fwd=partial;"));
  CHECK(rest->body() == lab.site.body.substr(150, 250));
  REQUIRE(lab.origin.opened() == 3);
  const char* const asked[] = {"bytes=200-299", "bytes=100-199", "bytes=300-399"};
  for (size_t i = 0; i < 3; ++i) {
    CAPTURE(i);
    CHECK(lab.range_of(i) == asked[i]);
    CHECK(lab.origin.call(i)->target == "/a?a=1&b=2");
    CHECK_FALSE(lab.origin.call(i)->has("Cookie:"));
  }
  const auto whole = lab.bench.ask("/a?b=2&a=1", {{"X-Tenant", "a"}});
  CHECK(whole->status() == 200);
  CHECK(whole->body() == lab.site.body);
}

TEST_CASE("policy: a part of one variant does not answer for another") {
  PolicyPartLab lab;
  lab.bench.ask("/a", lab.fields("0-9", "a"));
  lab.site.body = random_bytes(1050, 2);
  lab.site.etag = "\"other\"";
  const auto other = lab.bench.ask("/a", lab.fields("0-9", "b"));
  CHECK(lab.origin.opened() == 2);
  CHECK(other->has("ETag: \"other\"\r\n"));
  CHECK(other->body() == lab.site.body.substr(0, 10));
  CHECK(lab.bench.ask("/a", lab.fields("0-9", "a"))->has("ETag: \"v1\"\r\n"));
  CHECK(lab.bench.ask("/a", lab.fields("0-9", "b"))->has("ETag: \"other\"\r\n"));
  CHECK(lab.origin.opened() == 2);
}

TEST_CASE("policy: a fetch of a part is shared by those who share the key, and only by them") {
  PolicyPartLab lab;
  std::vector<FakeCallPtr> open;
  lab.origin.on_open = [&](const FakeCallPtr& call) { open.push_back(call); };
  const auto a = lab.bench.get("/a?x=1&utm_id=1", lab.fields("0-9", "a"));
  const auto b = lab.bench.get("/a?x=1&utm_id=2", lab.fields("0-9", "b"));
  const auto also_a = lab.bench.get("/a?x=1&utm_id=3", lab.fields("5-19", "a"));
  lab.bench.settle();
  REQUIRE(open.size() == 2);
  lab.site.answer(open[1]);
  lab.bench.settle();
  CHECK(b->body() == lab.site.body.substr(0, 10));
  CHECK_FALSE(a->begun());
  lab.site.answer(open[0]);
  lab.bench.settle();
  CHECK(a->body() == lab.site.body.substr(0, 10));
  CHECK(also_a->body() == lab.site.body.substr(5, 15));
  CHECK(also_a->has("; collapsed"));
}

TEST_CASE("policy: a stale part is revalidated behind its answer as the shaped request") {
  PolicyPartLab lab;
  lab.site.lines = "Cache-Control: max-age=0, stale-while-revalidate=60\r\n";
  lab.bench.ask("/a?x=1&utm_id=1", lab.fields("0-9", "a"));
  lab.site.lines = "Cache-Control: max-age=60\r\n";
  const auto stale = lab.bench.ask("/a?x=1&utm_id=2", lab.fields("0-9", "a"));
  CHECK(stale->body() == lab.site.body.substr(0, 10));
  REQUIRE(lab.origin.opened() == 2);
  CHECK(lab.origin.call(1)->target == "/a?x=1");
  CHECK_FALSE(lab.origin.call(1)->has("Cookie:"));
  CHECK(lab.origin.call(1)->has("X-Tenant: a\r\n"));
  CHECK(lab.bench.ask("/a?x=1", lab.fields("0-9", "a"))->has("; hit; ttl=60"));
  CHECK(lab.origin.opened() == 2);
}

}  // namespace
}  // namespace atl::test
