// Where a client is, in the key and for the origin (docs/cache-policy.md).
#include <doctest/doctest.h>

#include "tests/component/edge/policy_lab.h"
#include "tests/unit/lib/geo/mmdb_file.h"

namespace atl::test {
namespace {

constexpr const char* kAustralia = "1.2.3.4";
constexpr const char* kMountainView = "1.3.3.4";
constexpr const char* kAmsterdam = "2a00::1";

edge::RouteConfig config_with_place(policy::PlaceLevel level, bool cached = true) {
  edge::CachePolicy cache;
  cache.enabled = cached;
  edge::RouteConfig config = config_with(std::move(cache));
  config.distributions[0].behaviours[0].viewer_place = level;
  return config;
}

struct PlaceLab : PolicyLab {
  explicit PlaceLab(edge::RouteConfig config) : PolicyLab(std::move(config)) {
    const geo::MmdbFile file(geo::sample_mmdb());
    shared.places = *geo::Database::open(file.path());  // mapped: the file may go
  }
  std::shared_ptr<Client> from(const char* address, std::string method = "GET") {
    return bench.ask_for({.path = "/p",
                          .method = std::move(method),
                          .fields = {{"CloudFront-Viewer-Country", "XX"}},
                          .address = address});
  }
};

TEST_CASE("place: a country has its own answer, and the origin is told which it is") {
  PlaceLab lab(config_with_place(policy::PlaceLevel::Country));
  CHECK(lab.from(kAustralia)->body() == "1");
  CHECK(lab.origin.call(0)->has("CloudFront-Viewer-Country: AU\r\n"));
  CHECK(lab.from("1.2.200.1")->has("; hit"));
  CHECK(lab.from(kMountainView)->body() == "2");
  CHECK(lab.origin.call(1)->has("CloudFront-Viewer-Country: US\r\n"));
  CHECK_FALSE(lab.origin.call(1)->has("City"));
  CHECK(lab.from(kAmsterdam)->body() == "3");
  // Nobody knows where these are, and no database is asked about addresses that are not public.
  CHECK(lab.from("9.9.9.9")->body() == "4");
  CHECK_FALSE(lab.origin.call(3)->has("CloudFront"));
  for (const char* nowhere : {"192.168.0.1", "127.0.0.1", "1.4.0.1", "not an address"}) {
    CAPTURE(nowhere);
    CHECK(lab.from(nowhere)->has("; hit"));
  }
  // One purge takes every country's.
  CHECK(lab.purge({edge::PurgeSpec::Kind::Url, "http://www.example.org/p", false}) == 4);
}

TEST_CASE("place: a city as well, with every method and without a cache") {
  for (const bool cached : {true, false}) {
    for (const char* method : {"GET", "HEAD", "POST"}) {
      CAPTURE(cached);
      CAPTURE(method);
      PlaceLab lab(config_with_place(policy::PlaceLevel::City, cached));
      lab.from(kMountainView, method);
      CHECK(lab.origin.call(0)->has("CloudFront-Viewer-Country: US\r\n"));
      CHECK(lab.origin.call(0)->has("CloudFront-Viewer-City: Mountain View\r\n"));
      CHECK_FALSE(lab.origin.call(0)->has("XX"));
    }
  }
}

TEST_CASE("place: without a database nobody is anywhere, and who claims to be is not believed") {
  PlaceLab lab(config_with_place(policy::PlaceLevel::City));
  lab.shared.places = nullptr;
  CHECK(lab.from(kAustralia)->body() == "1");
  CHECK(lab.from(kMountainView)->has("; hit"));
  CHECK_FALSE(lab.origin.call(0)->has("CloudFront"));
}

TEST_CASE("place: requests from two countries do not wait for one another") {
  PlaceLab lab(config_with_place(policy::PlaceLevel::Country));
  std::vector<FakeCallPtr> open;
  lab.origin.on_open = [&](const FakeCallPtr& call) { open.push_back(call); };
  const auto a = lab.bench.request({.path = "/p", .address = kAustralia});
  const auto b = lab.bench.request({.path = "/p", .address = kMountainView});
  lab.bench.settle();
  REQUIRE(open.size() == 2);
  open[1]->answer(200, kFresh, "for US");
  lab.bench.settle();
  CHECK(b->body() == "for US");
  CHECK_FALSE(a->begun());
  open[0]->answer(200, kFresh, "for AU");
  lab.bench.settle();
  CHECK(a->body() == "for AU");
}

}  // namespace
}  // namespace atl::test
