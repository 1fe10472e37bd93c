#include "lib/base/duration.h"

#include <doctest/doctest.h>

using atl::parse_duration;
using std::chrono::milliseconds;

TEST_CASE("duration: numbers with every unit") {
  struct Row {
    const char* text;
    int64_t want_ms;
  };
  for (const Row& row :
       {Row{"250ms", 250}, Row{"10s", 10'000}, Row{"1.5s", 1'500}, Row{"5m", 300'000},
        Row{"1h", 3'600'000}, Row{"7d", 604'800'000}, Row{"0s", 0}}) {
    CAPTURE(row.text);
    const auto duration = parse_duration(row.text);
    REQUIRE(duration);
    CHECK(duration->count() == row.want_ms);
  }
}

TEST_CASE("duration: what is not a duration is refused, a missing unit above all") {
  for (const char* text : {"", "10", "-1s", "s", "1 s", "1week", "1e9s", "nan", "99999999d"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text));
  }
}

TEST_CASE("duration: text form reads back") {
  for (const int64_t ms : {1, 999, 1'000, 90'000, 3'600'000, 86'400'000, 86'400'001}) {
    CAPTURE(ms);
    CHECK(parse_duration(atl::format_duration(milliseconds{ms}))->count() == ms);
  }
}
