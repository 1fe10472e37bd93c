#include "control-plane/geo/spill.h"

#include <doctest/doctest.h>

#include <initializer_list>

namespace atl::geo {
namespace {

constexpr SpillRule kRule{0.9, 0.7};

TEST_CASE("spill: what is sent away, by what there is") {
  struct Row {
    const char* what;
    double shed, load, next;
  };
  for (const Row& row : {
           Row{"room", 0, 0.5, 0},
           Row{"between, from below", 0, 0.89, 0},
           Row{"between, from above", 0.5, 0.71, 0.5},
           Row{"at the upper end", 0, 0.9, 0},
           Row{"at the lower end", 0.5, 0.7, 0.5},
           Row{"a little too much", 0, 0.91, 8.0 / 64},  // 1 - 0.8 / 0.91 = 0.121
           Row{"twice too much", 0, 1.6, 0.5},           // 1 - 0.8 / 1.6
           Row{"twice too much of what is left", 0.5, 1.6, 0.75},
           Row{"far too much", 0, 1000, 15.0 / 16},
           Row{"still too much, and no more to give", 15.0 / 16, 5, 15.0 / 16},
           Row{"room again", 0.5, 0.6, 21.0 / 64},  // 1 - 0.5 * 0.8 / 0.6 = 0.333
           Row{"much room again, in steps", 0.75, 0.1, 0.5},
           Row{"idle, in steps", 0.75, 0, 0.5},
           Row{"idle, the last step", 0.2, 0, 0},
           Row{"nobody knows", 0.5, -1, 0},
       }) {
    CAPTURE(row.what);
    CHECK(next_shed(row.shed, row.load, kRule) == doctest::Approx(row.next));
  }
}

// The load that stays follows from the share, with one step's delay.
TEST_CASE("spill: settles within a few steps and then rests, whatever the demand") {
  for (double demand = 0.1; demand < 12; demand += 0.1) {
    CAPTURE(demand);
    double shed = 0;
    for (int step = 0; step < 4; ++step) shed = next_shed(shed, demand * (1 - shed), kRule);
    const double rest = shed;
    for (int step = 0; step < 20; ++step) {
      shed = next_shed(shed, demand * (1 - shed), kRule);
      REQUIRE(shed == rest);
    }
    CHECK(demand * (1 - shed) <= kRule.enter);
  }
}

TEST_CASE("spill: takes everybody back when the demand is gone") {
  double shed = 15.0 / 16;
  for (int step = 0; step < 8; ++step) shed = next_shed(shed, 0.2 * (1 - shed), kRule);
  CHECK(shed == 0);
}

}  // namespace
}  // namespace atl::geo
