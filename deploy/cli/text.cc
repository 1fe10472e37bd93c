#include "deploy/cli/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace atl::cli {
namespace {

size_t width_of(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

// The length of the well-formed UTF-8 sequence (RFC 3629) that `text` begins with and that may be
// shown; 0 when there is none.
size_t shown_length(std::string_view text) {
  const auto byte = [&](size_t i) -> uint32_t {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  const uint32_t lead = byte(0);
  if (lead < 0x80) return lead >= ' ' && lead != 0x7f ? 1 : 0;
  const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  uint32_t point = lead & (0x7f >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    point = point << 6 | (byte(i) & 0x3f);
  }
  constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool well_formed = lead >= 0xc2 && lead <= 0xf4 && point >= kSmallest[length] &&
                           point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
  const bool control = point < 0xa0 || (point >= 0x2028 && point <= 0x202e) ||
                       (point >= 0x2066 && point <= 0x2069) || point == 0xfeff;
  return well_formed && !control ? length : 0;
}

}  // namespace

std::string grouped(uint64_t number) {
  std::string digits = std::to_string(number);
  for (size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string percent(double ratio) { return fmt::format("{:.1f}%", ratio * 100); }

std::string duration_text(uint64_t us) {
  if (us < 1000) return fmt::format("{} us", us);
  const double ms = static_cast<double>(us) / 1000;
  if (ms < 1000) return fmt::format("{:.{}f} ms", ms, ms < 100 ? 1 : 0);
  return fmt::format("{:.2f} s", ms / 1000);
}

std::string span_text(uint64_t seconds) {
  if (seconds < 120) return fmt::format("{} s", seconds);
  const uint64_t minutes = seconds / 60;
  if (minutes < 120) return fmt::format("{} min {:02} s", minutes, seconds % 60);
  return fmt::format("{} h {:02} min", minutes / 60, minutes % 60);
}

std::string printable(std::string_view text, size_t longest) {
  std::string out;
  while (!text.empty()) {
    const size_t length = shown_length(text);
    if (out.size() + std::max<size_t>(length, 1) > longest) break;
    out += length == 0 ? "?" : text.substr(0, length);
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return out;
}

std::string table(const std::vector<std::vector<std::string>>& rows, std::string_view alignment) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths[i] - width_of(row[i]), ' ');
      const bool left = i < alignment.size() && alignment[i] == 'l';
      if (i != 0) line += "  ";
      line += left ? row[i] + padding : padding + row[i];
    }
    line.resize(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  return out;
}

}  // namespace atl::cli
