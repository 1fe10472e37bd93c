#include "control-plane/geo/place.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/unit/lib/geo/mmdb_file.h"

namespace atl::geo {
namespace {

MmdbWriter::Value text(const char* value) { return {std::string(value)}; }

TEST_CASE("place: the operator first, then city, then country, then nobody") {
  const MmdbFile file(sample_mmdb());
  const std::vector<std::shared_ptr<const Database>> databases{*Database::open(file.path())};
  const SubnetTable subnets({{*parse_prefix("1.2.3.0/24"), "fra", {}, ""},
                             {*parse_prefix("10.0.0.0/8"), "", Coordinates{48, 11}, "DE"}});
  const auto place = [&](const char* address) {
    return locate(*parse_address(address), subnets, databases);
  };
  CHECK(place("1.2.3.4").source == Source::SubnetPop);
  CHECK(place("1.2.3.4").pop == "fra");
  CHECK(place("1.2.3.4").prefix_length == 96 + 24);
  CHECK(place("10.9.9.9").source == Source::SubnetPlace);
  CHECK(place("10.9.9.9").country == "DE");
  CHECK(place("1.2.9.9").source == Source::Country);
  CHECK(place("1.2.9.9").coordinates.has_value());
  CHECK(place("1.3.9.9").source == Source::City);
  CHECK(place("9.9.9.9").source == Source::Nowhere);
  CHECK(place("192.168.0.1").source == Source::Nowhere);
}

TEST_CASE("place: the first database that knows answers, and private addresses are asked of none") {
  MmdbWriter first;
  first.add("1.3.0.0/16", {{"country_code", text("DE")}});
  MmdbWriter second;
  second.add("1.2.0.0/15", {{"country_code", text("FR")}});
  second.add("192.168.0.0/16", {{"country_code", text("FR")}});
  const MmdbFile a(first.bytes());
  const MmdbFile b(second.bytes());
  const std::vector<std::shared_ptr<const Database>> databases{*Database::open(a.path()),
                                                               *Database::open(b.path())};
  CHECK(locate(*parse_address("1.3.0.1"), {}, databases).country == "DE");
  CHECK(locate(*parse_address("1.2.0.1"), {}, databases).country == "FR");
  CHECK(locate(*parse_address("192.168.0.1"), {}, databases).source == Source::Nowhere);
}

}  // namespace
}  // namespace atl::geo
