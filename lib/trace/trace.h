#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/trace/line_source.h"

namespace atl::trace {

// First and last byte, both inclusive, as in a Range field (RFC 9110 section 14.1.2).
struct ByteRange {
  uint64_t first = 0;
  std::optional<uint64_t> last;  // absent: to the end
  bool operator==(const ByteRange&) const = default;
};

struct TraceRow {
  uint64_t number = 0;  // from 1, the header line not counted
  uint64_t object = 0;
  uint64_t size = 0;               // of the object, bytes; 0: the trace does not know
  std::optional<ByteRange> range;  // absent: the whole object
};

// Which column of a trace holds what.
struct TraceColumns {
  static constexpr size_t kAbsent = SIZE_MAX;
  size_t object = kAbsent;
  size_t size = kAbsent;
  size_t range_start = kAbsent;
  size_t range_end = kAbsent;
};

// The header line: names in any order, others ignored; `object` and `size` are required, and
// range_start comes with range_end.
Outcome<TraceColumns> parse_trace_header(std::string_view line);

// One data line. -1 stands for an unknown size, no range, or a range without an end. Says what is
// wrong without file and line.
Outcome<TraceRow> parse_trace_row(std::string_view line, const TraceColumns& columns);

// A request trace: CSV with a header line, read as a stream in the order of its rows.
class TraceReader {
 public:
  static Outcome<TraceReader> open(const std::string& path);

  // The next row; nullopt at the end. An error names the file and the line.
  Outcome<std::optional<TraceRow>> next();

 private:
  TraceReader(std::string path, LineSource lines, TraceColumns columns)
      : path_(std::move(path)), lines_(std::move(lines)), columns_(columns) {}

  std::string path_;
  LineSource lines_;
  TraceColumns columns_;
  uint64_t row_ = 0;
};

// How many rows `path` holds, at most `limit`; nullopt when it cannot be read. For the progress
// bar: costs one pass over the text, some hundred megabytes a second.
std::optional<uint64_t> count_trace_rows(const std::string& path, uint64_t limit);

}  // namespace atl::trace
