#include "control-plane/geo/database.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <limits>
#include <string>

#include "control-plane/geo/place.h"
#include "tests/unit/control-plane/geo/mmdb_writer.h"

namespace atl::geo {
namespace {

using Map = MmdbWriter::Map;

MmdbWriter::Value text(const char* value) { return {std::string(value)}; }
MmdbWriter::Value number(double value) { return {value}; }
MmdbWriter::Value map(Map value) { return {std::move(value)}; }

class File {
 public:
  explicit File(const std::string& bytes) {
    std::string name = "/tmp/atoll-mmdb-XXXXXX";
    close(mkstemp(name.data()));
    path_ = name;
    write(bytes);
  }
  ~File() { std::remove(path_.c_str()); }
  void write(const std::string& bytes) const {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << bytes;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string sample() {
  MmdbWriter writer;
  writer.add("1.2.0.0/16", {{"country_code", text("AU")}});
  writer.add("1.3.0.0/16", {{"country_code", text("US")},
                            {"city", text("Mountain View")},
                            {"latitude", number(37.4)},
                            {"longitude", number(-122.1)}});
  writer.add("2a00::/16",
             {{"country", map({{"iso_code", text("NL")}})},
              {"city", map({{"names", map({{"en", text("Amsterdam")}})}})},
              {"location", map({{"latitude", number(52.4)}, {"longitude", number(4.9)}})}});
  writer.add("1.4.0.0/16", {{"country_code", text("")}});
  return writer.bytes();
}

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
  const File file(sample());
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
  const std::string good = sample();
  const File file(good);
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
  const std::string good = sample();
  const File file(good);
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

TEST_CASE("place: the operator first, then city, then country, then nobody") {
  const File file(sample());
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
  const File a(first.bytes());
  const File b(second.bytes());
  const std::vector<std::shared_ptr<const Database>> databases{*Database::open(a.path()),
                                                               *Database::open(b.path())};
  CHECK(locate(*parse_address("1.3.0.1"), {}, databases).country == "DE");
  CHECK(locate(*parse_address("1.2.0.1"), {}, databases).country == "FR");
  CHECK(locate(*parse_address("192.168.0.1"), {}, databases).source == Source::Nowhere);
}

}  // namespace
}  // namespace atl::geo
