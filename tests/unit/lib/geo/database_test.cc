#include "lib/geo/database.h"

#include <doctest/doctest.h>

#include <limits>
#include <string>

#include "tests/unit/lib/geo/mmdb_file.h"

namespace atl::geo {
namespace {

TEST_CASE("record: what is believed of each layout") {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  struct Row {
    Record record;
    const char* country;
    const char* city;
    std::optional<Coordinates> place;
  };
  const Row rows[] = {
      {{.flat_country = "AU"}, "AU", "", {}},
      {{.country = "DE", .registered_country = "US"}, "DE", "", {}},
      {{.registered_country = "US"}, "US", "", {}},
      {{.flat_country = "au"}, "", "", {}},
      {{.flat_country = "ZZ"}, "", "", {}},
      {{.flat_country = "AUS"}, "", "", {}},
      {{.flat_country = "A1", .country = "FR"}, "FR", "", {}},
      {{.flat_country = "AU", .flat_city = "Perth", .flat_latitude = -32, .flat_longitude = 116},
       "AU",
       "Perth",
       Coordinates{-32, 116}},
      {{.city = "Ulm", .flat_latitude = 1, .flat_longitude = 2, .latitude = 48.4, .longitude = 10},
       "",
       "Ulm",
       Coordinates{48.4, 10}},
      {{.latitude = 48.4}, "", "", {}},
      {{.latitude = 0, .longitude = 0}, "", "", {}},
      {{.latitude = 91, .longitude = 0}, "", "", {}},
      {{.latitude = kNan, .longitude = 1}, "", "", {}},
      {{.flat_latitude = 5, .flat_longitude = 6, .latitude = 99, .longitude = 0},
       "",
       "",
       Coordinates{5, 6}},
  };
  for (size_t i = 0; i < std::size(rows); ++i) {
    CAPTURE(i);
    const Finding finding = interpret(rows[i].record);
    CHECK(finding.country == rows[i].country);
    CHECK(finding.city == rows[i].city);
    CHECK(finding.place == rows[i].place);
  }
}

TEST_CASE("database: flat and nested records, IPv4 and IPv6") {
  const MmdbFile file(sample_mmdb());
  const auto database = Database::open(file.path());
  REQUIRE(database);
  CHECK((*database)->type() == "Test");
  CHECK((*database)->build_epoch() == 1'700'000'000);
  const auto find = [&](const char* address) { return (*database)->find(*parse_address(address)); };
  CHECK(find("1.2.3.4").finding.country == "AU");
  CHECK(find("1.2.3.4").prefix_length == 96 + 16);
  CHECK(find("1.3.3.4").finding.city == "Mountain View");
  CHECK(find("1.3.3.4").finding.place == Coordinates{37.4, -122.1});
  CHECK(find("2a00::1").finding.country == "NL");
  CHECK(find("2a00::1").finding.city == "Amsterdam");
  CHECK(find("2a00::1").finding.place == Coordinates{52.4, 4.9});
  CHECK(find("2a00::1").prefix_length == 16);
  CHECK(find("9.9.9.9").finding.empty());
  CHECK(find("1.4.0.1").finding.empty());
}

TEST_CASE("database: cut off anywhere, it is refused or answers without harm") {
  const std::string good = sample_mmdb();
  const MmdbFile file(good);
  for (size_t length = 0; length < good.size(); length += 3) {
    file.write(good.substr(0, length));
    const auto database = Database::open(file.path());
    if (!database) {
      CHECK(database.error().starts_with(file.path()));
      continue;
    }
    for (const char* address : {"1.2.3.4", "1.3.3.4", "2a00::1", "9.9.9.9"}) {
      (*database)->find(*parse_address(address));
    }
  }
}

TEST_CASE("database: bits flipped anywhere, it is refused or answers without harm") {
  const std::string good = sample_mmdb();
  const MmdbFile file(good);
  for (size_t at = 0; at < good.size(); at += 5) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x55);
    file.write(bad);
    const auto database = Database::open(file.path());
    if (!database) continue;
    for (const char* address : {"1.2.3.4", "1.3.3.4", "2a00::1", "9.9.9.9"}) {
      const Finding finding = (*database)->find(*parse_address(address)).finding;
      CHECK((finding.country.empty() || finding.country.size() == 2));
      if (finding.place) CHECK(valid(*finding.place));
    }
  }
}

TEST_CASE("database: what is missing is named") {
  const auto database = Database::open("/nonexistent/x.mmdb");
  REQUIRE_FALSE(database);
  CHECK(database.error() ==
        "/nonexistent/x.mmdb: not readable as a geo database: No such file or directory");
}

}  // namespace
}  // namespace atl::geo
