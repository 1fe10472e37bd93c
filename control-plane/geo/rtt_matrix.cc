#include "control-plane/geo/rtt_matrix.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <map>
#include <utility>

namespace atl::geo {
namespace {

using Problems = std::vector<std::string>;

constexpr size_t kMostProblems = 20;
constexpr size_t kLongestName = 64;

// The lines of one file that are not empty, in fields.
class Lines {
 public:
  Lines(const RttMatrix::Text& text, Problems& problems)
      : name_(text.name), rest_(text.bytes), problems_(problems) {}

  bool next() {
    while (!rest_.empty()) {
      const size_t end = rest_.find('\n');
      std::string_view line = rest_.substr(0, end);
      rest_ = end == std::string_view::npos ? std::string_view() : rest_.substr(end + 1);
      ++number_;
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (line.empty()) continue;
      split(line);
      return true;
    }
    return false;
  }
  const std::vector<std::string_view>& fields() const { return fields_; }

  void problem(std::string_view what) {
    if (problems_.size() < kMostProblems) {
      problems_.push_back(fmt::format("{}:{}: {}", name_, number_, what));
    }
  }

 private:
  void split(std::string_view line) {
    fields_.clear();
    // One more than can be right is enough to be told that it is wrong.
    while (fields_.size() <= RttMatrix::kMostRegions + 1) {
      const size_t comma = line.find(',');
      fields_.push_back(line.substr(0, comma));
      if (comma == std::string_view::npos) return;
      line = line.substr(comma + 1);
    }
  }

  std::string_view name_;
  std::string_view rest_;
  Problems& problems_;
  size_t number_ = 0;
  std::vector<std::string_view> fields_;
};

std::optional<double> number_of(std::string_view text, double min, double max) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  if (!(value >= min && value <= max)) return std::nullopt;  // NaN is none either
  return value;
}

// Names appear in explanations, so they are plain.
bool is_name(std::string_view text) {
  if (text.empty() || text.size() > kLongestName) return false;
  for (const char c : text) {
    if (c <= 0x20 || c >= 0x7f || c == '"') return false;
  }
  return true;
}

using Places = std::map<std::string_view, Coordinates>;

Places read_places(const RttMatrix::Text& text, Problems& problems) {
  Places places;
  Lines lines(text, problems);
  if (!lines.next()) lines.problem("is empty: a heading, then region,city,lat,lon is expected");
  while (lines.next()) {
    const auto& fields = lines.fields();
    if (fields.size() != 4 || !is_name(fields[0])) {
      lines.problem("must be region,city,lat,lon without quotes");
      continue;
    }
    const auto latitude = number_of(fields[2], -90, 90);
    const auto longitude = number_of(fields[3], -180, 180);
    if (!latitude || !longitude) {
      lines.problem("lat must be -90 to 90 and lon -180 to 180, in degrees");
    } else if (!places.try_emplace(fields[0], *latitude, *longitude).second) {
      lines.problem(fmt::format("region \"{}\" is already placed above: remove one", fields[0]));
    } else if (places.size() > RttMatrix::kMostRegions) {
      lines.problem(fmt::format("there are more than {} regions", RttMatrix::kMostRegions));
      break;
    }
  }
  return places;
}

// The regions of the heading, in its order, by name.
using Columns = std::map<std::string_view, size_t>;

Columns read_heading(Lines& lines, const Places& places, std::vector<std::string_view>& order) {
  Columns columns;
  if (!lines.next()) {
    lines.problem("is empty: a heading with the regions is expected");
    return columns;
  }
  const auto& fields = lines.fields();
  if (fields.size() > RttMatrix::kMostRegions + 1) {
    lines.problem(fmt::format("there are more than {} regions", RttMatrix::kMostRegions));
    return columns;
  }
  for (size_t i = 1; i < fields.size(); ++i) {
    if (!is_name(fields[i])) {
      lines.problem(fmt::format("field {} of the heading is no name of a region", i + 1));
    } else if (!places.contains(fields[i])) {
      lines.problem(fmt::format("region \"{}\" has no place: add it to the regions", fields[i]));
    } else if (!columns.try_emplace(fields[i], order.size()).second) {
      lines.problem(fmt::format("region \"{}\" has two columns: remove one", fields[i]));
    } else {
      order.push_back(fields[i]);
    }
  }
  if (fields.size() < 2) lines.problem("the heading names no region");
  return columns;
}

void read_rows(Lines& lines, const Columns& columns, std::vector<double>& ms, Problems& problems) {
  const size_t size = columns.size();
  std::vector<bool> seen(size);
  while (lines.next() && problems.size() < kMostProblems) {
    const auto& fields = lines.fields();
    const auto row = columns.find(fields[0]);
    if (fields.size() != size + 1) {
      lines.problem(fmt::format("has {} fields where the heading has {}", fields.size(), size + 1));
    } else if (row == columns.end()) {
      lines.problem("begins with a region that has no column");
    } else if (seen[row->second]) {
      lines.problem(fmt::format("region \"{}\" has two rows: remove one", fields[0]));
    } else {
      seen[row->second] = true;
      for (size_t i = 0; i < size; ++i) {
        const auto value = number_of(fields[i + 1], 0, RttMatrix::kLongestRtt);
        if (value) {
          ms[row->second * size + i] = *value;
        } else {
          lines.problem(fmt::format("field {} must be a round trip in ms, 0 to {}", i + 2,
                                    RttMatrix::kLongestRtt));
        }
      }
    }
  }
  for (const auto& [name, column] : columns) {
    if (!seen[column]) lines.problem(fmt::format("region \"{}\" has no row", name));
  }
}

}  // namespace

std::expected<RttMatrix, std::vector<std::string>> RttMatrix::parse(const Text& regions,
                                                                    const Text& matrix) {
  Problems problems;
  const Places places = read_places(regions, problems);
  Lines lines(matrix, problems);
  std::vector<std::string_view> order;
  const Columns columns = read_heading(lines, places, order);
  RttMatrix made;
  if (problems.empty()) {
    made.ms_.resize(order.size() * order.size());
    read_rows(lines, columns, made.ms_, problems);
  }
  if (!problems.empty()) return std::unexpected(std::move(problems));
  for (const std::string_view name : order) {
    made.regions_.push_back({std::string(name), direction_of(places.find(name)->second)});
  }
  for (size_t from = 0; from < order.size(); ++from) {
    for (size_t to = 0; to < order.size(); ++to) {
      const double km = distance_km(made.at(from), made.at(to));
      made.excess_.push_back(made.measured_ms(from, to) - modelled_rtt_ms(km));
    }
  }
  return made;
}

std::optional<uint32_t> RttMatrix::near(const Direction& place, double radius_km) const {
  std::optional<uint32_t> best;
  double most = -2;
  for (uint32_t i = 0; i < regions_.size(); ++i) {
    const double here = nearness(place, regions_[i].at);
    if (here > most) {
      most = here;
      best = i;
    }
  }
  if (best && distance_km(place, regions_[*best].at) > radius_km) return std::nullopt;
  return best;
}

}  // namespace atl::geo
