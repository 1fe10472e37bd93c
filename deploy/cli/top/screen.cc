#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <vector>

#include "deploy/cli/text.h"
#include "deploy/cli/top/top.h"

namespace atl::cli {
namespace {

constexpr size_t kHeadLines = 4;

double from_cache(const JsonValue& second) {
  return real_at(second, "hits") + real_at(second, "stale") + real_at(second, "revalidated") +
         real_at(second, "collapsed");
}

std::string ratio(double part, double whole) { return whole > 0 ? percent(part / whole) : "-"; }

std::string latency(const JsonValue& second, const char* key) {
  return second.contains(key) && second[key].is_number_unsigned()
             ? duration_text(second[key].get<uint64_t>())
             : "-";
}

std::vector<std::string> figures(const JsonValue& second) {
  const bool heard = second.contains("requests") && second["requests"].is_number();
  if (!heard) return std::vector<std::string>(8, "-");
  const double requests = real_at(second, "requests");
  return {fmt::format("{:.0f}", requests),
          ratio(from_cache(second), requests),
          fmt::format("{:.2f}", real_at(second, "bytes_out") / 1e6),
          fmt::format("{:.2f}", real_at(second, "bytes_in") / 1e6),
          latency(second, "p50_us"),
          latency(second, "p99_us"),
          fmt::format("{:.0f}", real_at(second, "errors")),
          fmt::format("{:.1f}", real_at(second, "cache_bytes") / 1e6)};
}

std::string city_of(const JsonValue& layout, const std::string& id) {
  for (const JsonValue& pop : list_at(layout, "pops")) {
    if (text_at(pop, "id") == id) return text_at(pop, "city");
  }
  return {};
}

// The first `width` columns; a sequence of UTF-8 counts as one.
std::string cut(std::string_view line, size_t width) {
  size_t columns = 0;
  size_t end = 0;
  for (; end < line.size(); ++end) {
    const bool begins = (static_cast<unsigned char>(line[end]) & 0xc0) != 0x80;
    if (begins && columns++ == width) break;
  }
  return std::string(line.substr(0, end));
}

std::string clock_text(uint64_t time_ms) {
  const std::time_t seconds = static_cast<std::time_t>(time_ms / 1000);
  std::tm parts{};
  localtime_r(&seconds, &parts);
  char text[16];
  return {text, std::strftime(text, sizeof text, "%H:%M:%S", &parts)};
}

std::string heading(const JsonValue& layout, const JsonValue& sample) {
  const JsonValue& total = object_at(sample, "total");
  const double requests = real_at(total, "requests");
  size_t active = 0;
  for (const JsonValue& pop : list_at(sample, "pops")) active += text_at(pop, "state") == "active";
  return fmt::format(
      "atoll top  {}   {} of {} PoPs active   configuration {}\n"
      "{:.0f} requests/s   {} from the cache   {:.2f} MB/s out   {:.2f} MB/s from origins\n",
      clock_text(number_at(sample, "time_ms")), active, list_at(sample, "pops").size(),
      number_at(layout, "snapshot_version"), requests, ratio(from_cache(total), requests),
      real_at(total, "bytes_out") / 1e6, real_at(total, "bytes_in") / 1e6);
}

}  // namespace

std::string top_screen(const JsonValue& layout, const JsonValue& sample, ScreenSize size) {
  std::vector<JsonValue> pops(list_at(sample, "pops").begin(), list_at(sample, "pops").end());
  std::stable_sort(pops.begin(), pops.end(), [](const JsonValue& a, const JsonValue& b) {
    return real_at(a, "requests") > real_at(b, "requests");
  });
  const size_t room = size.height > kHeadLines + 1 ? size.height - kHeadLines - 1 : 1;
  std::vector<std::vector<std::string>> rows{{"pop", "city", "state", "req/s", "hits", "MB/s",
                                              "MB/s origin", "p50", "p99", "errors", "MB cached"}};
  for (const JsonValue& pop : pops) {
    if (rows.size() > room) break;
    const std::string id = text_at(pop, "id");
    std::vector<std::string> row{id, city_of(layout, id), text_at(pop, "state")};
    for (std::string& figure : figures(pop)) row.push_back(std::move(figure));
    rows.push_back(std::move(row));
  }
  const std::string text = heading(layout, sample) + "\n" + table(rows, "lll");
  std::string out;
  for (std::string_view rest = text; !rest.empty();) {
    const size_t end = rest.find('\n');
    out += cut(rest.substr(0, end), size.width) + "\n";
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return out;
}

}  // namespace atl::cli
