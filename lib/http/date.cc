#include "lib/http/date.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "lib/http/chars.h"

namespace atl::http {
namespace {

using std::chrono::day;
using std::chrono::month;
using std::chrono::year;

constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> kLongDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// Reads a date from left to right; after the first mismatch everything fails.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  bool literal(std::string_view expected) {
    if (!ok_ || rest_.size() < expected.size() ||
        !equal_ignore_case(rest_.substr(0, expected.size()), expected)) {
      return ok_ = false;
    }
    rest_.remove_prefix(expected.size());
    return true;
  }

  int number(size_t digits) {
    if (!ok_ || rest_.size() < digits) return fail();
    int value = 0;
    for (size_t i = 0; i < digits; ++i) {
      if (!is_digit(rest_[i])) return fail();
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(digits);
    return value;
  }

  // asctime's day of the month: two digits or a space and one.
  int padded_day() {
    if (ok_ && rest_.starts_with(' ')) {
      rest_.remove_prefix(1);
      return number(1);
    }
    return number(2);
  }

  template <size_t N>
  int one_of(const std::array<std::string_view, N>& names) {
    for (size_t i = 0; ok_ && i < N; ++i) {
      if (rest_.size() >= names[i].size() &&
          equal_ignore_case(rest_.substr(0, names[i].size()), names[i])) {
        rest_.remove_prefix(names[i].size());
        return static_cast<int>(i);
      }
    }
    return fail();
  }

  bool finished() const { return ok_ && rest_.empty(); }
  bool ok() const { return ok_; }

 private:
  int fail() {
    ok_ = false;
    return 0;
  }
  std::string_view rest_;
  bool ok_ = true;
};

struct Parts {
  int years = 0, months = 0, days = 0, hours = 0, minutes = 0, seconds = 0;
};

void read_time(Cursor& in, Parts& out) {
  out.hours = in.number(2);
  in.literal(":");
  out.minutes = in.number(2);
  in.literal(":");
  out.seconds = in.number(2);
}

// RFC 9110 allows second 60; a leap second counts as the one after it.
std::optional<DateTime> combine(const Parts& parts) {
  const std::chrono::year_month_day date{year{parts.years},
                                         month{static_cast<unsigned>(parts.months + 1)},
                                         day{static_cast<unsigned>(parts.days)}};
  if (!date.ok() || parts.hours > 23 || parts.minutes > 59 || parts.seconds > 60) {
    return std::nullopt;
  }
  return std::chrono::sys_days{date} + std::chrono::hours{parts.hours} +
         std::chrono::minutes{parts.minutes} + std::chrono::seconds{parts.seconds};
}

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::optional<DateTime> parse_imf_fixdate(std::string_view text) {
  Cursor in(text);
  Parts parts;
  in.one_of(kDays);
  in.literal(", ");
  parts.days = in.number(2);
  in.literal(" ");
  parts.months = in.one_of(kMonths);
  in.literal(" ");
  parts.years = in.number(4);
  in.literal(" ");
  read_time(in, parts);
  in.literal(" GMT");
  return in.finished() ? combine(parts) : std::nullopt;
}

// "Sunday, 06-Nov-94 08:49:37 GMT"
std::optional<DateTime> parse_rfc850(std::string_view text, DateTime now) {
  Cursor in(text);
  Parts parts;
  in.one_of(kLongDays);
  in.literal(", ");
  parts.days = in.number(2);
  in.literal("-");
  parts.months = in.one_of(kMonths);
  in.literal("-");
  const int two_digits = in.number(2);
  in.literal(" ");
  read_time(in, parts);
  in.literal(" GMT");
  if (!in.finished()) return std::nullopt;
  const std::chrono::year_month_day today{std::chrono::floor<std::chrono::days>(now)};
  const int this_year = static_cast<int>(today.year());
  parts.years = this_year - this_year % 100 + two_digits;
  if (parts.years > this_year + 50) parts.years -= 100;
  return combine(parts);
}

// "Sun Nov  6 08:49:37 1994"
std::optional<DateTime> parse_asctime(std::string_view text) {
  Cursor in(text);
  Parts parts;
  in.one_of(kDays);
  in.literal(" ");
  parts.months = in.one_of(kMonths);
  in.literal(" ");
  parts.days = in.padded_day();
  in.literal(" ");
  read_time(in, parts);
  in.literal(" ");
  parts.years = in.number(4);
  return in.finished() ? combine(parts) : std::nullopt;
}

void put_number(char*& out, int value, int digits) {
  for (int i = digits - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  out += digits;
}

void put_text(char*& out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  out += text.size();
}

}  // namespace

std::optional<DateTime> parse_date(std::string_view text, DateTime now) {
  if (text.size() < 24) return std::nullopt;
  if (text[3] == ',') return parse_imf_fixdate(text);
  if (text[3] == ' ') return parse_asctime(text);
  return parse_rfc850(text, now);
}

std::optional<DateTime> parse_date(std::string_view text) {
  return parse_date(text,
                    std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
}

void write_date(DateTime time, char* out) {
  const auto midnight = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{midnight};
  const std::chrono::hh_mm_ss clock{time - midnight};
  put_text(out, kDays[std::chrono::weekday{midnight}.c_encoding()]);
  put_text(out, ", ");
  put_number(out, static_cast<int>(static_cast<unsigned>(date.day())), 2);
  put_text(out, " ");
  put_text(out, kMonths[static_cast<unsigned>(date.month()) - 1]);
  put_text(out, " ");
  put_number(out, std::clamp(static_cast<int>(date.year()), 0, 9999), 4);
  put_text(out, " ");
  put_number(out, static_cast<int>(clock.hours().count()), 2);
  put_text(out, ":");
  put_number(out, static_cast<int>(clock.minutes().count()), 2);
  put_text(out, ":");
  put_number(out, static_cast<int>(clock.seconds().count()), 2);
  put_text(out, " GMT");
}

std::string format_date(DateTime time) {
  std::string out(kDateSize, '\0');
  write_date(time, out.data());
  return out;
}

std::string_view DateLine::at(DateTime now) {
  if (now != second_) {
    char* out = text_;
    put_text(out, "Date: ");
    write_date(now, out);
    out += kDateSize;
    put_text(out, "\r\n");
    second_ = now;
  }
  return {text_, sizeof text_};
}

}  // namespace atl::http
