#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace atl::http {

using DateTime = std::chrono::sys_seconds;

// RFC 9110 section 5.6.7: IMF-fixdate, and the two obsolete formats a recipient must accept, RFC
// 850 (a two-digit year more than 50 years ahead of `now` is in the past) and asctime. Names of
// days and months and "GMT" are matched without regard to case and the day's name need not be the
// right one (RFC 9111 section 4.2 asks for leniency in what is compared, not in what is a date);
// everything else is as the grammar has it. Nullopt: not a date.
std::optional<DateTime> parse_date(std::string_view text, DateTime now);

// `now` is the system clock's; only RFC 850 years depend on it.
std::optional<DateTime> parse_date(std::string_view text);

inline constexpr size_t kDateSize = 29;

// IMF-fixdate into `out`, kDateSize bytes, no terminator. Years 0..9999.
void write_date(DateTime time, char* out);
std::string format_date(DateTime time);

// "Date: ...\r\n" of the present second, formatted at most once a second. One thread.
class DateLine {
 public:
  std::string_view at(DateTime now);

 private:
  DateTime second_ = DateTime::min();
  char text_[6 + kDateSize + 2];
};

}  // namespace atl::http
