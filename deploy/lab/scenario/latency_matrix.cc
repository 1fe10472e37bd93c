#include "deploy/lab/scenario/latency_matrix.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <ranges>
#include <utility>

namespace atl::lab {
namespace {

constexpr double kMostMs = 60'000;
constexpr size_t kMostPlaces = 10'000;

std::vector<std::string_view> cells_of(std::string_view line) {
  std::vector<std::string_view> cells;
  for (const auto part : std::views::split(line, ',')) cells.emplace_back(part.begin(), part.end());
  return cells;
}

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

// Calls visit(number of the line from 1, its cells) for lines that are not empty, until it says
// what is wrong.
template <class Visit>
Outcome<void> each_line(std::string_view csv, Visit visit) {
  size_t line_number = 0;
  for (const auto part : std::views::split(csv, '\n')) {
    std::string_view line(part.begin(), part.end());
    ++line_number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    if (const std::string wrong = visit(line_number, cells_of(line)); !wrong.empty()) {
      return std::unexpected(fmt::format("line {}: {}", line_number, wrong));
    }
  }
  return {};
}

}  // namespace

Outcome<LatencyMatrix> LatencyMatrix::parse(std::string_view csv) {
  LatencyMatrix matrix;
  std::vector<bool> seen;
  const auto header = [&](const std::vector<std::string_view>& cells) -> std::string {
    if (cells.size() < 2) return "expected from\\to and the names of the columns";
    if (cells.size() > kMostPlaces) return "too many columns";
    for (size_t i = 1; i < cells.size(); ++i) {
      if (cells[i].empty()) return "a column has no name";
      if (!matrix.ids_.emplace(cells[i], i - 1).second) {
        return fmt::format("column {} is there twice", cells[i]);
      }
    }
    matrix.rtt_ms_.resize(matrix.ids_.size() * matrix.ids_.size());
    seen.resize(matrix.ids_.size());
    return {};
  };
  const auto row = [&](const std::vector<std::string_view>& cells) -> std::string {
    const auto from = matrix.ids_.find(cells[0]);
    if (from == matrix.ids_.end()) return fmt::format("{} is not among the columns", cells[0]);
    if (seen[from->second]) return fmt::format("row {} is there twice", cells[0]);
    seen[from->second] = true;
    if (cells.size() != matrix.ids_.size() + 1) {
      return fmt::format("{} columns, expected {}", cells.size(), matrix.ids_.size() + 1);
    }
    for (size_t i = 1; i < cells.size(); ++i) {
      const auto ms = number(cells[i]);
      if (!ms || *ms <= 0 || *ms > kMostMs) return "a round trip is a number of milliseconds";
      matrix.rtt_ms_[from->second * matrix.ids_.size() + i - 1] = *ms;
    }
    return {};
  };
  const auto read = each_line(csv, [&](size_t, const auto& cells) {
    return matrix.ids_.empty() ? header(cells) : row(cells);
  });
  if (!read) return std::unexpected(read.error());
  for (const auto& [id, index] : matrix.ids_) {
    if (!seen[index]) return std::unexpected(fmt::format("there is no row {}", id));
  }
  if (matrix.ids_.empty()) return std::unexpected("it is empty");
  return matrix;
}

Outcome<void> LatencyMatrix::parse_places(std::string_view csv) {
  bool first = true;
  return each_line(csv, [&](size_t, const auto& cells) -> std::string {
    if (std::exchange(first, false)) {
      const bool right = cells.size() == 4 && cells[0] == "region" && cells[1] == "city" &&
                         cells[2] == "lat" && cells[3] == "lon";
      return right ? "" : "expected region,city,lat,lon";
    }
    if (cells.size() != 4) return "expected four columns";
    const auto latitude = number(cells[2]);
    const auto longitude = number(cells[3]);
    if (!latitude || !longitude || !geo::valid({*latitude, *longitude})) {
      return "latitude and longitude are degrees";
    }
    places_[std::string(cells[0])] = {std::string(cells[1]), {*latitude, *longitude}};
    return {};
  });
}

std::optional<double> LatencyMatrix::rtt_ms(std::string_view from, std::string_view to) const {
  const auto row = ids_.find(from);
  const auto column = ids_.find(to);
  if (row == ids_.end() || column == ids_.end()) return std::nullopt;
  return rtt_ms_[row->second * ids_.size() + column->second];
}

const LatencyMatrix::Place* LatencyMatrix::place(std::string_view id) const {
  const auto found = places_.find(id);
  return found == places_.end() ? nullptr : &found->second;
}

}  // namespace atl::lab
