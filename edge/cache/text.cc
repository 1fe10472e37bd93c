#include "edge/cache/text.h"

#include <fmt/format.h>

#include <array>

#include "edge/cache/cache_control.h"

namespace atl::cache {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> kLong = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};

// Reads by a pattern: 'd' a digit of day, 'm' month name, 'y' year, H M S, 'w' anything else
// literal.
bool number(std::string_view text, size_t at, size_t digits, int& out) {
  out = 0;
  for (size_t i = at; i < at + digits; ++i) {
    if (i >= text.size() || text[i] < '0' || text[i] > '9') return false;
    out = out * 10 + (text[i] - '0');
  }
  return true;
}

struct Parts {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
};

bool read_month(std::string_view text, int& out) {
  for (size_t i = 0; i < kMonths.size(); ++i) {
    if (equal_ignoring_case(text, kMonths[i])) {
      out = static_cast<int>(i) + 1;
      return true;
    }
  }
  return false;
}

bool read_time(std::string_view text, Parts& out) {
  return text.size() == 8 && text[2] == ':' && text[5] == ':' && number(text, 0, 2, out.hour) &&
         number(text, 3, 2, out.minute) && number(text, 6, 2, out.second);
}

template <size_t N>
bool is_day(std::string_view text, const std::array<std::string_view, N>& names) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view n) { return equal_ignoring_case(n, text); });
}

bool read_fixdate(std::string_view t, Parts& out) {  // Sun, 06 Nov 1994 08:49:37 GMT
  return t.size() == 29 && is_day(t.substr(0, 3), kDays) && t.substr(3, 2) == ", " &&
         number(t, 5, 2, out.day) && t[7] == ' ' && read_month(t.substr(8, 3), out.month) &&
         t[11] == ' ' && number(t, 12, 4, out.year) && t[16] == ' ' &&
         read_time(t.substr(17, 8), out) && equal_ignoring_case(t.substr(25), " GMT");
}

bool read_rfc850(std::string_view t, Parts& out) {  // Sunday, 06-Nov-94 08:49:37 GMT
  const size_t comma = t.find(',');
  if (comma == std::string_view::npos || !is_day(t.substr(0, comma), kLong)) return false;
  t.remove_prefix(comma);
  const bool ok = t.size() == 24 && t.substr(0, 2) == ", " && number(t, 2, 2, out.day) &&
                  t[4] == '-' && read_month(t.substr(5, 3), out.month) && t[8] == '-' &&
                  number(t, 9, 2, out.year) && t[11] == ' ' && read_time(t.substr(12, 8), out) &&
                  equal_ignoring_case(t.substr(20), " GMT");
  if (!ok) return false;
  out.year += out.year < 70 ? 2000 : 1900;
  return true;
}

bool read_asctime(std::string_view t, Parts& out) {  // Sun Nov  6 08:49:37 1994
  if (t.size() != 24 || !is_day(t.substr(0, 3), kDays) || t[3] != ' ' ||
      !read_month(t.substr(4, 3), out.month) || t[7] != ' ') {
    return false;
  }
  const bool day = t[8] == ' ' ? number(t, 9, 1, out.day) : number(t, 8, 2, out.day);
  return day && t[10] == ' ' && read_time(t.substr(11, 8), out) && t[19] == ' ' &&
         number(t, 20, 4, out.year);
}

}  // namespace

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_alpha(c) || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool ListReader::next(std::string_view& member) {
  while (!rest_.empty()) {
    size_t end = 0;
    while (end < rest_.size() && rest_[end] != ',') {
      if (rest_[end] == '"' && quotes_) {
        size_t close = end + 1;
        while (close < rest_.size() && rest_[close] != '"') close += rest_[close] == '\\' ? 2 : 1;
        quotes_ = close < rest_.size();
        if (quotes_) end = close;
      }
      ++end;
    }
    member = trim(rest_.substr(0, end));
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (!member.empty()) return true;
  }
  return false;
}

bool has_field(http::Fields fields, std::string_view name) {
  return count_fields(fields, name) != 0;
}

size_t count_fields(http::Fields fields, std::string_view name) {
  return static_cast<size_t>(std::count_if(fields.begin(), fields.end(), [&](const http::Field& f) {
    return equal_ignoring_case(f.name, name);
  }));
}

std::string_view first_value(http::Fields fields, std::string_view name) {
  for (const http::Field& field : fields) {
    if (equal_ignoring_case(field.name, name)) return field.value;
  }
  return {};
}

std::string_view reason_phrase(uint16_t status) {
  switch (status) {
    case 200:
      return "OK";
    case 404:
      return "Not Found";
    default:
      return "";
  }
}

std::optional<std::chrono::sys_seconds> parse_date(std::string_view text) {
  Parts p;
  if (!read_fixdate(text, p) && !read_rfc850(text, p) && !read_asctime(text, p))
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{p.year},
                                         std::chrono::month{static_cast<unsigned>(p.month)},
                                         std::chrono::day{static_cast<unsigned>(p.day)}};
  if (!date.ok() || p.hour > 23 || p.minute > 59 || p.second > 60) return std::nullopt;
  return std::chrono::sys_days{date} + std::chrono::hours{p.hour} + std::chrono::minutes{p.minute} +
         std::chrono::seconds{p.second};
}

std::string format_date(std::chrono::sys_seconds when) {
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{when - day};
  return fmt::format(
      "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[std::chrono::weekday{day}.c_encoding()],
      static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
      static_cast<int>(date.year()), time.hours().count(), time.minutes().count(),
      time.seconds().count());
}

std::optional<uint32_t> parse_delta_seconds(std::string_view text) {
  if (text.empty()) return std::nullopt;
  uint64_t seconds = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    seconds = std::min<uint64_t>(seconds * 10 + static_cast<uint64_t>(c - '0'), kMaxDelta);
  }
  return static_cast<uint32_t>(seconds);
}

}  // namespace atl::cache
