#include "lib/trace/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace atl::trace {
namespace {

// Calls `visit(index, cell)` for each cell.
template <class Visit>
void each_cell(std::string_view line, Visit visit) {
  for (size_t index = 0;; ++index) {
    const size_t comma = line.find(',');
    visit(index, line.substr(0, comma));
    if (comma == std::string_view::npos) return;
    line.remove_prefix(comma + 1);
  }
}

template <class Number>
bool parse_number(std::string_view text, Number& out) {
  const char* end = text.data() + text.size();
  const auto [rest, status] = std::from_chars(text.data(), end, out);
  return status == std::errc{} && rest == end && !text.empty();
}

// What a column may hold at most: sizes are added up and scaled in signed 64-bit elsewhere.
constexpr int64_t kLargest = int64_t{1} << 62;

struct Cells {
  std::string_view object, size, range_start, range_end;
};

Cells pick(std::string_view line, const TraceColumns& columns) {
  Cells cells;
  each_cell(line, [&](size_t index, std::string_view cell) {
    if (index == columns.object) cells.object = cell;
    if (index == columns.size) cells.size = cell;
    if (index == columns.range_start) cells.range_start = cell;
    if (index == columns.range_end) cells.range_end = cell;
  });
  return cells;
}

Outcome<std::optional<ByteRange>> parse_range(std::string_view start, std::string_view end) {
  int64_t first = 0;
  int64_t last = 0;
  if (!parse_number(start, first) || !parse_number(end, last)) {
    return std::unexpected(fmt::format("range \"{}\"-\"{}\" is not two numbers", start, end));
  }
  if (first == -1 && last == -1) return std::nullopt;
  if (first < 0 || last < -1 || (last != -1 && last < first)) {
    return std::unexpected(fmt::format("range {}-{} ends before it begins", first, last));
  }
  if (first >= kLargest || last >= kLargest) {
    return std::unexpected(fmt::format("range {}-{} is too large", first, last));
  }
  ByteRange range{static_cast<uint64_t>(first), {}};
  if (last != -1) range.last = static_cast<uint64_t>(last);
  return range;
}

}  // namespace

Outcome<TraceColumns> parse_trace_header(std::string_view line) {
  TraceColumns columns;
  std::string problem;
  each_cell(line, [&](size_t index, std::string_view name) {
    size_t* place = name == "object"        ? &columns.object
                    : name == "size"        ? &columns.size
                    : name == "range_start" ? &columns.range_start
                    : name == "range_end"   ? &columns.range_end
                                            : nullptr;
    if (place == nullptr) return;
    if (*place != TraceColumns::kAbsent) problem = fmt::format("column \"{}\" twice", name);
    *place = index;
  });
  if (!problem.empty()) return std::unexpected(problem);
  if (columns.object == TraceColumns::kAbsent || columns.size == TraceColumns::kAbsent) {
    return std::unexpected(
        "the first line must name the columns \"object\" and \"size\", as in time,object,size");
  }
  if ((columns.range_start == TraceColumns::kAbsent) !=
      (columns.range_end == TraceColumns::kAbsent)) {
    return std::unexpected("range_start and range_end come together");
  }
  return columns;
}

Outcome<TraceRow> parse_trace_row(std::string_view line, const TraceColumns& columns) {
  const Cells cells = pick(line, columns);
  TraceRow row;
  if (!parse_number(cells.object, row.object)) {
    return std::unexpected(fmt::format("object \"{}\" is not a number", cells.object));
  }
  int64_t size = 0;
  if (!parse_number(cells.size, size) || size < -1 || size > kLargest) {
    return std::unexpected(fmt::format("size \"{}\" is not a number of bytes", cells.size));
  }
  row.size = static_cast<uint64_t>(std::max<int64_t>(size, 0));
  if (columns.range_start != TraceColumns::kAbsent) {
    const auto range = parse_range(cells.range_start, cells.range_end);
    if (!range) return std::unexpected(range.error());
    row.range = *range;
  }
  return row;
}

Outcome<TraceReader> TraceReader::open(const std::string& path) {
  auto lines = LineSource::open(path);
  if (!lines) return std::unexpected(lines.error());
  const auto header = lines->next();
  if (!header) return std::unexpected(header.error());
  if (!*header) return std::unexpected(fmt::format("{} is empty", path));
  const auto columns = parse_trace_header(**header);
  if (!columns) return std::unexpected(fmt::format("{}:1: {}", path, columns.error()));
  return TraceReader(path, std::move(*lines), *columns);
}

Outcome<std::optional<TraceRow>> TraceReader::next() {
  const auto line = lines_.next();
  if (!line) return std::unexpected(line.error());
  if (!*line) return std::nullopt;
  ++row_;
  auto row = parse_trace_row(**line, columns_);
  if (!row) return std::unexpected(fmt::format("{}:{}: {}", path_, row_ + 1, row.error()));
  row->number = row_;
  return *row;
}

std::optional<uint64_t> count_trace_rows(const std::string& path, uint64_t limit) {
  auto lines = LineSource::open(path);
  if (!lines) return std::nullopt;
  uint64_t count = 0;
  for (bool header = true; count < limit; header = false) {
    const auto line = lines->next();
    if (!line) return std::nullopt;
    if (!*line) break;
    if (!header) ++count;
  }
  return count;
}

}  // namespace atl::trace
