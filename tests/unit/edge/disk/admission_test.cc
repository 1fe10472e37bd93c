#include "edge/disk/admission.h"

#include <doctest/doctest.h>

namespace atl::disk {
namespace {

using namespace std::chrono_literals;

TEST_CASE("admission: who is written") {
  struct Row {
    const char* what;
    AdmissionFacts facts;
    Admission want;
  };
  for (const Row& row : {
           Row{"room never used", {.filling = true}, Admission::Filling},
           Row{"full, never seen", {}, Admission::FirstTime},
           Row{"full, seen", {.seen = true}, Admission::Requested},
           Row{"full, never seen, all are wanted", {.rule = AdmissionRule::All}, Admission::Always},
           Row{"an older copy is there", {.update = true}, Admission::Update},
           Row{"budget to spare", {.plenty = true}, Admission::Spare},
           Row{"no budget",
               {.update = true, .seen = true, .affordable = false},
               Admission::OverBudget},
       }) {
    CAPTURE(row.what);
    CHECK(decide(row.facts) == row.want);
    CHECK(admits(row.want) ==
          (row.want != Admission::FirstTime && row.want != Admission::OverBudget));
  }
}

TEST_CASE("admission: keys seen lately are known, those long past are forgotten") {
  RecentKeys keys(4096);
  CHECK(!keys.note(0x1234'5678'9ABC'DEF0));
  CHECK(keys.note(0x1234'5678'9ABC'DEF0));
  CHECK(keys.memory() == 8192);
  for (uint64_t i = 0; i < 200'000; ++i) keys.note(i * 0x9E37'79B9'7F4A'7C15);
  CHECK(!keys.note(0x1234'5678'9ABC'DEF0));
}

TEST_CASE("admission: the write budget is a rate with ten seconds of savings") {
  MonoTime now{1h};
  WriteBudget budget(1000);
  CHECK(budget.affords(now));
  CHECK(budget.plenty(now));
  budget.spend(6000);
  CHECK(!budget.plenty(now));
  CHECK(budget.affords(now));
  budget.spend(5000);
  CHECK(!budget.affords(now));
  CHECK(!budget.affords(now + 900ms));
  CHECK(budget.affords(now + 1100ms));
  CHECK(budget.plenty(now + 60s));
  budget.spend(10'001);
  CHECK(!budget.affords(now + 60s));

  WriteBudget unlimited(0);
  unlimited.spend(1 << 30);
  CHECK(unlimited.affords(now));
  CHECK(!unlimited.plenty(now));  // nothing says that the device may be worn
}

}  // namespace
}  // namespace atl::disk
