#include "deploy/lab/relay/lane.h"

#include <algorithm>

namespace atl::lab {
namespace {

using std::chrono::nanoseconds;

constexpr size_t kSegment = 1460;
constexpr size_t kLargestPart = size_t{64} << 10;

// What the line carries in a millisecond: finer than that nobody measures.
size_t grain_of(const Path& path) {
  const double in_a_millisecond = path.ns_per_byte > 0 ? 1e6 / path.ns_per_byte : kLargestPart;
  return static_cast<size_t>(
      std::clamp(in_a_millisecond, double{kSegment}, static_cast<double>(kLargestPart)));
}

}  // namespace

Lane::Lane(const Path& path, Way way, bool slow_start)
    : path_(path), way_(way), slow_start_(slow_start), grain_(grain_of(path)) {}

Tick Lane::way_of(Random& random) const {
  const Tick back = path_.rtt / 2;
  return way_ == Way::Back ? back : round_trip(path_, random) - back;
}

// How many of the bytes leave next; waits (moves `free_`) where the window is used up.
size_t Lane::take(size_t bytes) {
  if (!slow_start_ || open_) return bytes;
  if (used_ == window_) {
    const auto rtt = static_cast<double>(path_.rtt);
    if (static_cast<double>(window_) * path_.ns_per_byte >= rtt) {
      open_ = true;
      return bytes;
    }
    round_ += nanoseconds{path_.rtt};
    free_ = std::max(free_, round_);
    window_ *= 2;
    used_ = 0;
  }
  bytes = std::min(bytes, window_ - used_);
  used_ += bytes;
  return bytes;
}

void Lane::pass(MonoTime now, size_t bytes, Random& random, std::vector<Part>& out) {
  const MonoTime begin = std::max(now, free_);
  // RFC 5681 section 4.1: an idle connection starts again. `window_ == 0`: it has not begun.
  if (window_ == 0 || begin >= free_ + nanoseconds{path_.rtt}) {
    window_ = static_cast<size_t>(kInitialWindow);
    used_ = 0;
    open_ = false;
    round_ = begin;
  }
  free_ = begin;
  const nanoseconds way{way_of(random)};
  for (size_t limit = kSegment; bytes > 0; limit = grain_) {
    const size_t part = take(std::min(bytes, limit));
    free_ += nanoseconds{steady_transfer(path_, part)};
    last_ = std::max(last_, free_ + way);
    out.push_back({part, last_});
    bytes -= part;
  }
}

MonoTime Lane::end(MonoTime now) {
  last_ = std::max(last_, std::max(now, free_) + nanoseconds{path_.rtt / 2});
  return last_;
}

}  // namespace atl::lab
