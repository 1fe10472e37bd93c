#include "lib/http/date.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace atl::http {
namespace {

using namespace std::chrono_literals;

// 2026-11-24 00:00:00
constexpr DateTime kNow{std::chrono::sys_days{2026y / 11 / 24}};

DateTime at(std::chrono::year_month_day date, int hours, int minutes, int seconds) {
  return std::chrono::sys_days{date} + std::chrono::hours{hours} + std::chrono::minutes{minutes} +
         std::chrono::seconds{seconds};
}

TEST_CASE("date: the three formats of RFC 9110 section 5.6.7, names in any case") {
  const DateTime example = at(1994y / 11 / 6, 8, 49, 37);
  for (const std::string text :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994", "sun, 06 nov 1994 08:49:37 gmt", "SUN NOV  6 08:49:37 1994",
        // The wrong day of the week is nobody's business.
        "Mon, 06 Nov 1994 08:49:37 GMT", "Monday, 06-Nov-94 08:49:37 GMT",
        "Wed Nov  6 08:49:37 1994"}) {
    CAPTURE(text);
    CHECK(parse_date(text, kNow) == example);
  }
  CHECK(parse_date("Wed Nov 16 08:49:37 1994", kNow) == at(1994y / 11 / 16, 8, 49, 37));
}

TEST_CASE("date: the edges of days, months and years") {
  struct Row {
    std::string text;
    DateTime want;
  };
  for (const Row& row :
       std::vector<Row>{{"Thu, 01 Jan 1970 00:00:00 GMT", at(1970y / 1 / 1, 0, 0, 0)},
                        {"Wed, 31 Dec 1969 23:59:59 GMT", at(1969y / 12 / 31, 23, 59, 59)},
                        {"Thu, 29 Feb 2024 12:00:00 GMT", at(2024y / 2 / 29, 12, 0, 0)},
                        {"Fri, 31 Dec 9999 23:59:59 GMT", at(9999y / 12 / 31, 23, 59, 59)},
                        {"Sat, 01 Jan 0000 00:00:00 GMT", at(0y / 1 / 1, 0, 0, 0)},
                        {"Sat, 31 Dec 2016 23:59:60 GMT", at(2017y / 1 / 1, 0, 0, 0)}}) {
    CAPTURE(row.text);
    CHECK(parse_date(row.text, kNow) == row.want);
  }
}

TEST_CASE("date: a two-digit year more than fifty years ahead is in the past") {
  const auto year_of = [](std::string digits, DateTime now) {
    const auto got = parse_date("Sunday, 06-Nov-" + digits + " 08:49:37 GMT", now);
    REQUIRE(got);
    const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(*got)};
    return static_cast<int>(date.year());
  };
  CHECK(year_of("26", kNow) == 2026);
  CHECK(year_of("27", kNow) == 2027);
  CHECK(year_of("76", kNow) == 2076);
  CHECK(year_of("77", kNow) == 1977);
  CHECK(year_of("99", kNow) == 1999);
  CHECK(year_of("00", kNow) == 2000);
  CHECK(year_of("94", std::chrono::sys_days{1990y / 1 / 1}) == 1994);
}

TEST_CASE("date: everything else is none") {
  for (const std::string text : {"",
                                 "0",
                                 "now",
                                 "Sun, 06 Nov 1994 08:49:37",
                                 "Sun, 06 Nov 1994 08:49:37 UTC",
                                 "Sun, 06 Nov 1994 08:49:37 +0000",
                                 "Sun, 06 Nov 1994 08:49:37 GMT ",
                                 " Sun, 06 Nov 1994 08:49:37 GMT",
                                 "Sun, 6 Nov 1994 08:49:37 GMT",
                                 "Sun,  6 Nov 1994 08:49:37 GMT",
                                 "Sun, 06-Nov-1994 08:49:37 GMT",
                                 "Sun, 06 Nov 94 08:49:37 GMT",
                                 "Sun, 06 Nov 1994 8:49:37 GMT",
                                 "Sun, 06 Nov 1994 08:49 GMT",
                                 "Sun, 06 Nov 1994 24:00:00 GMT",
                                 "Sun, 06 Nov 1994 08:60:00 GMT",
                                 "Sun, 06 Nov 1994 08:49:61 GMT",
                                 "Sun, 00 Nov 1994 08:49:37 GMT",
                                 "Sun, 31 Nov 1994 08:49:37 GMT",
                                 "Wed, 29 Feb 2023 08:49:37 GMT",
                                 "Sun, 06 Nox 1994 08:49:37 GMT",
                                 "Son, 06 Nov 1994 08:49:37 GMT",
                                 "Sun 06 Nov 1994 08:49:37 GMT",
                                 "Sunday, 06 Nov 1994 08:49:37 GMT",
                                 "Sun, 06-Nov-94 08:49:37 GMT",
                                 "Sunday, 06-Nov-1994 08:49:37 GMT",
                                 "Sun Nov 06 08:49:37 1994 GMT",
                                 "Sun Nov 6 08:49:37 1994",
                                 "Sun Nov   6 08:49:37 1994",
                                 "Sun, 06 Nov -994 08:49:37 GMT",
                                 "784111777",
                                 "1994-11-06T08:49:37Z"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_date(text, kNow));
  }
}

TEST_CASE("date: what is written is read again") {
  for (const DateTime time : {at(1994y / 11 / 6, 8, 49, 37), at(1970y / 1 / 1, 0, 0, 0), kNow,
                              at(2000y / 2 / 29, 23, 59, 59), at(9999y / 12 / 31, 1, 2, 3)}) {
    CHECK(parse_date(format_date(time), kNow) == time);
  }
  CHECK(format_date(at(1994y / 11 / 6, 8, 49, 37)) == "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST_CASE("date: the line of the present second changes with it") {
  DateLine line;
  CHECK(line.at(kNow) == "Date: Tue, 24 Nov 2026 00:00:00 GMT\r\n");
  CHECK(line.at(kNow) == "Date: Tue, 24 Nov 2026 00:00:00 GMT\r\n");
  CHECK(line.at(kNow + 1s) == "Date: Tue, 24 Nov 2026 00:00:01 GMT\r\n");
}

}  // namespace
}  // namespace atl::http
