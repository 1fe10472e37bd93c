#include "control-plane/geo/choice.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <string>

#include "control-plane/geo/client_hash.h"
#include "control-plane/geo/price.h"
#include "tests/unit/control-plane/geo/matrix_text.h"

namespace atl::geo {
namespace {

constexpr Coordinates kFrankfurt{50.11, 8.68};
constexpr Coordinates kAshburn{39.04, -77.49};
constexpr Coordinates kSydney{-33.87, 151.21};
constexpr Coordinates kMunich{48.14, 11.58};

constexpr auto A = PopState::Active;
constexpr auto N = PopState::NotServing;
constexpr auto D = PopState::Down;

const Address kClient = *parse_address("192.0.2.1");

std::vector<PopSpec> three_pops() {
  return {{"fra", kFrankfurt, 0, {}}, {"iad", kAshburn, 0, {}}, {"syd", kSydney, 0, {}}};
}

Place at(Coordinates coordinates, std::string_view country = "") {
  Place place;
  place.source = Source::City;
  place.coordinates = coordinates;
  place.country = country;
  return place;
}

Place pinned_to(std::string_view pop) {
  Place place;
  place.source = Source::SubnetPop;
  place.pop = pop;
  return place;
}

// Three PoPs and one policy, changed by the tests.
struct World {
  std::vector<PopSpec> pops = three_pops();
  std::vector<PopStatus> status{{A}, {A}, {A}};
  PolicySpec policy;
  std::shared_ptr<const RttMatrix> matrix;

  Snapshot snapshot() const {
    return Snapshot(std::make_shared<const Chart>(pops, std::vector{policy}, matrix, 500), status);
  }
  Decision decide(const Place& place, const Address& client = kClient,
                  size_t limit = kAllCandidates) const {
    Decision decision;
    choose(snapshot(), {place, client, 0}, limit, decision);
    return decision;
  }
};

std::string order(const Decision& decision) {
  std::string out;
  for (const Candidate& candidate : decision.ranked) out += std::to_string(candidate.pop);
  return out;
}

int chosen(const Decision& decision) {
  return decision.chosen ? static_cast<int>(*decision.chosen) : -1;
}

Address network(uint32_t number) {
  Address address = *parse_address("10.0.0.1");
  address.bytes[13] = static_cast<uint8_t>(number >> 8);
  address.bytes[14] = static_cast<uint8_t>(number);
  return address;
}

TEST_CASE("choice: by place and state") {
  struct Row {
    Place place;
    std::vector<PopStatus> status;
    int chosen;  // -1: none
    Reason reason;
    const char* order;
  };
  for (const Row& row : {
           Row{at(kMunich), {{A}, {A}, {A}}, 0, Reason::Nearest, "012"},
           Row{at(kSydney), {{A}, {A}, {A}}, 2, Reason::Nearest, "210"},
           Row{at(kMunich), {{D}, {A}, {A}}, 1, Reason::NearestActive, "120"},
           Row{at(kMunich), {{N}, {A}, {D}}, 1, Reason::NearestActive, "102"},
           Row{at(kMunich), {{A}, {D}, {N}}, 0, Reason::Nearest, "021"},
           Row{at(kMunich), {{N}, {D}, {D}}, -1, Reason::NoneActive, "012"},
           Row{pinned_to("syd"), {{A}, {A}, {A}}, 2, Reason::Pinned, "210"},
           Row{pinned_to("syd"), {{A}, {A}, {D}}, 1, Reason::PinnedIsDown, "102"},
           Row{pinned_to("gone"), {{A}, {A}, {A}}, 0, Reason::PinnedIsDown, "012"},
           Row{Place{}, {{D}, {A}, {A}}, 1, Reason::PlaceUnknown, "120"},
           Row{Place{}, {{D}, {D}, {D}}, -1, Reason::NoneActive, "012"},
       }) {
    CAPTURE(row.order);
    CAPTURE(to_string(row.reason));
    World world;
    world.status = row.status;
    const Decision decision = world.decide(row.place);
    CHECK(chosen(decision) == row.chosen);
    CHECK(decision.reason == row.reason);
    CHECK(order(decision) == row.order);
    CHECK(decision.hashed_bits == 0);
    // The best of few is the best of all.
    const Decision best = world.decide(row.place, kClient, 1);
    CHECK(best.chosen == decision.chosen);
    CHECK(best.reason == decision.reason);
    CHECK(order(best) == std::string(row.order).substr(0, 1));
  }
}

TEST_CASE("choice: without any PoP nobody is chosen") {
  World world;
  world.pops.clear();
  world.status.clear();
  const Decision decision = world.decide(at(kMunich));
  CHECK(chosen(decision) == -1);
  CHECK(decision.ranked.empty());
}

TEST_CASE("choice: two PoPs at one place keep their order") {
  World world;
  world.pops = {{"a", kFrankfurt, 0, {}}, {"b", kFrankfurt, 0, {}}};
  CHECK(order(world.decide(at(kMunich))) == "01");
  CHECK(world.decide(at(kMunich)).reason == Reason::Nearest);
}

TEST_CASE("choice: a bias draws the border between two PoPs nearer to the other one") {
  // Munich: fra 304 km, 9.9 ms; zrh 242 km, 8.9 ms.
  World world;
  world.pops = {{"fra", kFrankfurt, 0, {}}, {"zrh", {47.38, 8.54}, 0, {}}};
  CHECK(chosen(world.decide(at(kMunich))) == 1);
  struct Row {
    int fra, zrh, chosen;
  };
  for (const Row& row : {Row{9, 0, 1}, Row{11, 0, 0}, Row{0, -9, 1}, Row{0, -11, 0}, Row{50, 99, 1},
                         Row{-99, -99, 1}}) {
    CAPTURE(row.fra);
    CAPTURE(row.zrh);
    world.pops[0].bias = row.fra;
    world.pops[1].bias = row.zrh;
    CHECK(chosen(world.decide(at(kMunich))) == row.chosen);
  }
}

TEST_CASE("choice: measured round trips come before distances") {
  World world;
  world.matrix = matrix_of({{"here", 50.11, 8.68}, {"near", 52.52, 13.40}, {"far", 51.51, -0.13}},
                           {1, 40, 12, 40, 1, 30, 12, 30, 1});
  world.pops = {{"berlin", {52.52, 13.40}, 0, {}}, {"london", {51.51, -0.13}, 0, {}}};
  const Decision decision = world.decide(at(kFrankfurt));
  CHECK(chosen(decision) == 1);
  CHECK(decision.reason == Reason::Nearest);
  const Snapshot snapshot = world.snapshot();
  const Estimate london = snapshot.chart().estimate(*decision.origin, 1);
  CHECK(london.measured);
  CHECK(london.rtt_ms == doctest::Approx(12));
  CHECK(london.distance_km == doctest::Approx(637).epsilon(0.01));
  // A client that no region is near is estimated by distance alone.
  const Decision far = world.decide(at({40.42, -3.70}));
  CHECK_FALSE(snapshot.chart().estimate(*far.origin, 1).measured);
}

TEST_CASE("choice: fences keep clients of a country from a PoP, and from a distribution") {
  World world;
  world.pops[0].fence = {Fence::Kind::Deny, {"DE", "AT"}};
  world.pops[1].fence = {Fence::Kind::Allow, {"US", "DE"}};
  struct Row {
    const char* country;
    int chosen;
    Reason reason;
    const char* order;
  };
  for (const Row& row :
       {Row{"DE", 1, Reason::NearestAllowed, "120"}, Row{"AT", 2, Reason::NearestAllowed, "201"},
        Row{"US", 0, Reason::Nearest, "012"}, Row{"FR", 0, Reason::Nearest, "021"},
        Row{"", 0, Reason::Nearest, "021"}}) {
    CAPTURE(row.country);
    const Decision decision = world.decide(at(kMunich, row.country));
    CHECK(chosen(decision) == row.chosen);
    CHECK(decision.reason == row.reason);
    CHECK(order(decision) == row.order);
  }
  // Not even the operator's table leads past a fence.
  Place pinned = pinned_to("fra");
  pinned.country = "DE";
  CHECK(world.decide(pinned).reason == Reason::PinnedIsDown);

  world.policy.fence = {Fence::Kind::Allow, {"FR"}};
  CHECK(chosen(world.decide(at(kMunich, "FR"))) == 0);
  for (const char* country : {"DE", "", "XX", "fr", "FRA"}) {
    CAPTURE(country);
    const Decision decision = world.decide(at(kMunich, country));
    CHECK(chosen(decision) == -1);
    CHECK(decision.reason == Reason::Forbidden);
    CHECK(decision.ranked.empty());
  }
}

TEST_CASE("choice: a PoP with too much load gives its share away, to the next nearest") {
  World world;
  world.status[0].shed = 0.25;
  int away = 0;
  for (uint32_t i = 0; i < 4000; ++i) {
    const Decision decision = world.decide(at(kMunich), network(i), 1);
    if (chosen(decision) == 1) {
      ++away;
      CHECK(decision.reason == Reason::SpillOver);
    } else {
      CHECK(chosen(decision) == 0);
      CHECK(decision.reason == Reason::Nearest);
    }
    CHECK(decision.hashed_bits == 96 + 24);
    Address neighbour = network(i);
    neighbour.bytes[15] = 200;
    CHECK(world.decide(at(kMunich), neighbour, 1).chosen == decision.chosen);
  }
  CHECK(away > 900);
  CHECK(away < 1100);
  // What is shed at one end of the world leaves the other end alone, its scope too.
  const Decision sydney = world.decide(at(kSydney), kClient, 1);
  CHECK(chosen(sydney) == 2);
  CHECK(sydney.hashed_bits == 0);
}

TEST_CASE("choice: more given away never brings anybody back") {
  World less;
  less.status[0].shed = 0.2;
  World more = less;
  more.status[0].shed = 0.6;
  for (uint32_t i = 0; i < 500; ++i) {
    if (chosen(less.decide(at(kMunich), network(i))) == 0) continue;
    CHECK(chosen(more.decide(at(kMunich), network(i))) != 0);
  }
}

TEST_CASE("choice: when every PoP has too much load, the first one is chosen all the same") {
  World world;
  for (PopStatus& status : world.status) status.shed = 1;
  Decision decision = world.decide(at(kMunich));
  CHECK(chosen(decision) == 0);
  CHECK(decision.reason == Reason::AllFull);
  CHECK(decision.ranked[0].verdict == Verdict::Full);
  CHECK(order(decision) == "012");
  world.status[0].state = D;
  decision = world.decide(at(kMunich));
  CHECK(chosen(decision) == 1);
  CHECK(order(decision) == "120");
  // Who was named by the operator is not sent elsewhere for load.
  CHECK(world.decide(pinned_to("syd")).reason == Reason::Pinned);
}

TEST_CASE("choice: by weight, the same for a network, and only those move whose PoP goes") {
  World world;
  world.policy.steer = Steer::Weighted;
  world.policy.targets = {{0, 1}, {1, 3}, {2, 0}};
  world.policy.salt = "site";
  std::map<int, int> counts;
  for (uint32_t i = 0; i < 4000; ++i) {
    const Decision decision = world.decide(at(kSydney), network(i));
    ++counts[chosen(decision)];
    CHECK(decision.reason == Reason::Weighted);
    CHECK(decision.hashed_bits == 96 + 24);
    CHECK(decision.ranked.size() == 3);
    CHECK(decision.ranked[2].pop == 2);
    World without = world;
    without.status[1].state = D;
    const int then = chosen(without.decide(at(kSydney), network(i)));
    CHECK(then == (chosen(decision) == 1 ? 0 : chosen(decision)));
  }
  CHECK(counts[0] > 900);
  CHECK(counts[0] < 1100);
  CHECK(counts[1] == 4000 - counts[0]);
  world.status[0].state = world.status[1].state = D;
  CHECK(chosen(world.decide(at(kMunich))) == 2);
}

TEST_CASE("choice: in the operator's order") {
  World world;
  world.policy.steer = Steer::Failover;
  world.policy.targets = {{2}, {0}};
  Decision decision = world.decide(at(kMunich));
  CHECK(chosen(decision) == 2);
  CHECK(decision.reason == Reason::Primary);
  CHECK(order(decision) == "201");
  CHECK(decision.ranked[2].verdict == Verdict::NotListed);
  world.status[2].state = N;
  decision = world.decide(at(kMunich));
  CHECK(chosen(decision) == 0);
  CHECK(decision.reason == Reason::Failover);
  world.status[0].state = D;
  decision = world.decide(at(kMunich));
  CHECK(chosen(decision) == -1);  // iad is not one of them
  CHECK(decision.reason == Reason::NoneActive);
  // Only a PoP of the list can be pinned to.
  CHECK(chosen(world.decide(pinned_to("iad"))) == -1);
}

TEST_CASE("choice: the nearest of some PoPs") {
  World world;
  world.policy.targets = {{1}, {2}};
  const Decision decision = world.decide(at(kMunich));
  CHECK(chosen(decision) == 1);
  CHECK(decision.reason == Reason::Nearest);
  CHECK(decision.ranked[2].verdict == Verdict::NotListed);
}

TEST_CASE("choice: a canary has its share, and others only when nobody else is there") {
  World world;
  world.policy.canary = {{0, 5}};
  world.policy.salt = "site";
  int canaries = 0;
  for (uint32_t i = 0; i < 4000; ++i) {
    const Decision decision = world.decide(at(kMunich), network(i));
    CHECK(decision.hashed_bits == 96 + 24);
    if (chosen(decision) == 0) {
      ++canaries;
      CHECK(decision.reason == Reason::Canary);
    } else {
      CHECK(chosen(decision) == 1);
      CHECK(decision.reason == Reason::Nearest);
      CHECK(decision.ranked[2].verdict == Verdict::Reserve);
    }
  }
  CHECK(canaries > 150);
  CHECK(canaries < 250);
  world.status[1].state = world.status[2].state = D;
  CHECK(chosen(world.decide(at(kMunich))) == 0);
  world.status[1].state = A;
  world.status[0].state = D;
  for (uint32_t i = 0; i < 100; ++i) {
    CHECK(world.decide(at(kMunich), network(i)).reason == Reason::Nearest);
  }
}

TEST_CASE("choice: distributions that are steered alike have one policy") {
  PolicySpec fenced;
  fenced.fence = {Fence::Kind::Deny, {"DE"}};
  const Chart chart(three_pops(), {{}, fenced, {}, fenced});
  CHECK(chart.policies() == 2);
  CHECK(chart.policy_of(0) == chart.policy_of(2));
  CHECK(chart.policy_of(1) == chart.policy_of(3));
  CHECK(chart.policy_of(0) != chart.policy_of(1));
}

// Slow, obvious and in double precision: what the fast one has to agree with.
std::vector<uint32_t> by_hand(const std::vector<PopSpec>& pops,
                              const std::vector<PopStatus>& status, Coordinates client,
                              size_t limit) {
  std::vector<std::pair<double, uint32_t>> keys;
  for (uint32_t i = 0; i < pops.size(); ++i) {
    if (status[i].state != A) continue;
    const double rtt = modelled_rtt_ms(distance_km(direction_of(client), direction_of(pops[i].at)));
    const double share = pops[i].bias / 100.0;
    keys.emplace_back(share >= 0 ? rtt * (1 - share) : rtt / (1 + share), i);
  }
  std::sort(keys.begin(), keys.end());
  std::vector<uint32_t> out;
  for (size_t i = 0; i < std::min(limit, keys.size()); ++i) out.push_back(keys[i].second);
  return out;
}

TEST_CASE("choice: agrees with slow arithmetic over many PoPs and places") {
  std::mt19937 random(5);
  std::uniform_real_distribution<double> latitude(-90, 90);
  std::uniform_real_distribution<double> longitude(-180, 180);
  World world;
  world.pops.clear();
  world.status.clear();
  for (int i = 0; i < 301; ++i) {
    world.pops.push_back({"p" + std::to_string(i),
                          {latitude(random), longitude(random)},
                          static_cast<int>(random() % 41) - 20,
                          {}});
    world.status.push_back({random() % 5 == 0 ? D : A});
  }
  const Snapshot snapshot = world.snapshot();
  Decision decision;
  for (int i = 0; i < 2000; ++i) {
    const Coordinates client{latitude(random), longitude(random)};
    choose(snapshot, {at(client), kClient, 0}, 8, decision);
    std::vector<uint32_t> ranked;
    for (const Candidate& candidate : decision.ranked) ranked.push_back(candidate.pop);
    REQUIRE(ranked == by_hand(world.pops, world.status, client, 8));
  }
}

TEST_CASE("price: a few metres from the truth, from next door to the antipodes") {
  const Direction here = direction_of(kFrankfurt);
  const Spot spot{static_cast<float>(here.x), static_cast<float>(here.y),
                  static_cast<float>(here.z)};
  const float zeros[kLanes] = {};
  float ones[kLanes];
  std::fill(std::begin(ones), std::end(ones), 1.0F);
  for (double degrees = 0; degrees <= 180; degrees += degrees < 1 ? 0.001 : 0.5) {
    Coordinates there{50.11 - degrees, 8.68};
    if (there.latitude < -90) there = {-180 - there.latitude, 8.68 - 180};
    const Direction direction = direction_of(there);
    float x[kLanes], y[kLanes], z[kLanes], out[kLanes], open[kLanes];
    std::fill(std::begin(x), std::end(x), static_cast<float>(direction.x));
    std::fill(std::begin(y), std::end(y), static_cast<float>(direction.y));
    std::fill(std::begin(z), std::end(z), static_cast<float>(direction.z));
    price({x, y, z, zeros, ones}, spot, {zeros, zeros, zeros}, kLanes, out, open);
    CAPTURE(degrees);
    REQUIRE(open[0] == out[0]);
    const double km = distance_km(here, direction);
    // Near the antipodes the sine says little about the angle.
    const double allowed_km = degrees < 170 ? 0.02 : 6;
    REQUIRE(std::abs(out[0] - modelled_rtt_ms(km)) < 1e-4 + allowed_km * kModelMsPerKm);
  }
}

TEST_CASE("client hash: a network's, not an address's, and different for each choice") {
  const auto hash = [](const char* text) { return client_hash(*parse_address(text)); };
  CHECK(hash("192.0.2.1") == hash("192.0.2.254"));
  CHECK(hash("192.0.2.1") != hash("192.0.3.1"));
  CHECK(hash("2001:db8:0:ff::1") == hash("2001:db8:0:12::9"));
  CHECK(hash("2001:db8:0:100::1") != hash("2001:db8:0:12::9"));
  CHECK(salt_of("fra") != salt_of("iad"));
  double sum = 0;
  for (uint32_t i = 0; i < 10'000; ++i) {
    const double value = fraction(client_hash(network(i)), salt_of("fra"));
    REQUIRE(value >= 0);
    REQUIRE(value < 1);
    sum += value;
  }
  CHECK(sum / 10'000 == doctest::Approx(0.5).epsilon(0.05));
}

}  // namespace
}  // namespace atl::geo
