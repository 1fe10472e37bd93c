#include "control-plane/geo/choice.h"

#include <doctest/doctest.h>

#include <string>

namespace atl::geo {
namespace {

constexpr Coordinates kFrankfurt{50.11, 8.68};
constexpr Coordinates kAshburn{39.04, -77.49};
constexpr Coordinates kSydney{-33.87, 151.21};
constexpr Coordinates kMunich{48.14, 11.58};

std::vector<Pop> pops(PopState fra, PopState iad, PopState syd) {
  return {{"fra", direction_of(kFrankfurt), fra},
          {"iad", direction_of(kAshburn), iad},
          {"syd", direction_of(kSydney), syd}};
}

Place at(Coordinates coordinates) {
  Place place;
  place.source = Source::City;
  place.coordinates = coordinates;
  return place;
}

Place pinned_to(std::string_view pop) {
  Place place;
  place.source = Source::SubnetPop;
  place.pop = pop;
  return place;
}

std::string order(const Decision& decision) {
  std::string out;
  for (const Candidate& candidate : decision.ranked) out += std::to_string(candidate.pop);
  return out;
}

TEST_CASE("choice: by place and state") {
  constexpr auto A = PopState::Active;
  constexpr auto N = PopState::NotServing;
  constexpr auto D = PopState::Down;
  struct Row {
    Place place;
    std::vector<Pop> pops;
    int chosen;  // -1: none
    Reason reason;
    const char* order;
  };
  for (const Row& row : {
           Row{at(kMunich), pops(A, A, A), 0, Reason::Nearest, "012"},
           Row{at(kSydney), pops(A, A, A), 2, Reason::Nearest, "210"},
           Row{at(kMunich), pops(D, A, A), 1, Reason::NearestActive, "120"},
           Row{at(kMunich), pops(N, A, D), 1, Reason::NearestActive, "102"},
           Row{at(kMunich), pops(A, D, N), 0, Reason::Nearest, "021"},
           Row{at(kMunich), pops(N, D, D), -1, Reason::NoneActive, "012"},
           Row{pinned_to("syd"), pops(A, A, A), 2, Reason::Pinned, "210"},
           Row{pinned_to("syd"), pops(A, A, D), 1, Reason::PinnedIsDown, "102"},
           Row{pinned_to("gone"), pops(A, A, A), 0, Reason::PinnedIsDown, "012"},
           Row{Place{}, pops(D, A, A), 1, Reason::PlaceUnknown, "120"},
           Row{Place{}, pops(D, D, D), -1, Reason::NoneActive, "012"},
           Row{at(kMunich), {}, -1, Reason::NoneActive, ""},
       }) {
    CAPTURE(row.order);
    CAPTURE(to_string(row.reason));
    Decision decision;
    choose(row.place, row.pops, kAllCandidates, decision);
    CHECK((decision.chosen ? static_cast<int>(*decision.chosen) : -1) == row.chosen);
    CHECK(decision.reason == row.reason);
    CHECK(order(decision) == row.order);
    // The best of few is the best of all.
    Decision best;
    choose(row.place, row.pops, 1, best);
    CHECK(best.chosen == decision.chosen);
    CHECK(best.reason == decision.reason);
    CHECK(order(best) == std::string(row.order).substr(0, 1));
  }
}

TEST_CASE("choice: distances and round trips, unless nobody knows the place") {
  Decision decision;
  const auto all = pops(PopState::Active, PopState::Active, PopState::Active);
  choose(at(kMunich), all, kAllCandidates, decision);
  CHECK(decision.ranked[0].distance_km == doctest::Approx(304).epsilon(0.01));
  CHECK(decision.ranked[0].rtt_ms == doctest::Approx(9.87).epsilon(0.01));
  CHECK(decision.ranked[2].distance_km > decision.ranked[1].distance_km);
  choose(Place{}, all, kAllCandidates, decision);
  CHECK(decision.ranked[0].distance_km < 0);
  CHECK(decision.ranked[0].rtt_ms < 0);
}

TEST_CASE("choice: two PoPs at one place keep their order") {
  const std::vector<Pop> twins{{"a", direction_of(kFrankfurt), PopState::Active},
                               {"b", direction_of(kFrankfurt), PopState::Active}};
  Decision decision;
  choose(at(kMunich), twins, kAllCandidates, decision);
  CHECK(order(decision) == "01");
  CHECK(decision.reason == Reason::Nearest);
}

}  // namespace
}  // namespace atl::geo
