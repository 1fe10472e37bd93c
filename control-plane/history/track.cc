#include "control-plane/history/track.h"

#include <algorithm>
#include <array>

namespace atl::control {
namespace {

struct Shape {
  std::string_view name;
  int64_t step;  // seconds
  size_t points;
};
// In the order of Window.
constexpr std::array<Shape, 5> kWindows{
    {{"1m", 1, 60}, {"5m", 1, 300}, {"1h", 10, 360}, {"6h", 120, 180}, {"24h", 120, 720}}};

const Shape& shape(Window window) { return kWindows[static_cast<size_t>(window)]; }

}  // namespace

std::optional<Window> parse_window(std::string_view text) {
  for (size_t i = 0; i < kWindows.size(); ++i) {
    if (kWindows[i].name == text) return static_cast<Window>(i);
  }
  return std::nullopt;
}

std::string_view to_string(Window window) { return shape(window).name; }
std::chrono::seconds step_of(Window window) { return std::chrono::seconds(shape(window).step); }
size_t points_of(Window window) { return shape(window).points; }

Track::Track() {
  // One ring for each step, as long as its longest window.
  for (const Shape& window : kWindows) {
    const auto known = std::find_if(rings_.begin(), rings_.end(),
                                    [&](const Ring& ring) { return ring.step == window.step; });
    if (known == rings_.end()) {
      rings_.push_back({window.step, INT64_MIN, std::vector<PackedPoint>(window.points + 1)});
    } else if (known->slots.size() < window.points + 1) {
      known->slots.resize(window.points + 1);  // one more: the step that is being filled
    }
  }
}

void Track::Ring::add(Second second, const Point& point) {
  const int64_t number = second / step;
  const auto size = static_cast<int64_t>(slots.size());
  if (newest == INT64_MIN) newest = number - size;
  if (number <= newest - size) return;
  if (number > newest) {
    for (int64_t gone = std::max(newest + 1, number - size + 1); gone <= number; ++gone) {
      slot(gone).clear();
    }
    newest = number;
  }
  auto whole = unpack(slot(number));
  if (whole) {
    append(*whole, point);
    slot(number) = pack(*whole);
  } else {
    slot(number) = pack(point);
  }
}

std::optional<Point> Track::Ring::at(int64_t number) const {
  const auto size = static_cast<int64_t>(slots.size());
  if (newest == INT64_MIN || number > newest || number <= newest - size) return std::nullopt;
  return unpack(slot(number));
}

void Track::add(Second second, const Point& point) {
  if (second < 0) return;
  for (Ring& ring : rings_) ring.add(second, point);
}

const Track::Ring& Track::ring_of(Window window) const {
  return *std::find_if(rings_.begin(), rings_.end(),
                       [&](const Ring& ring) { return ring.step == shape(window).step; });
}

Track::Series Track::series(Window window, Second now) const {
  const Ring& ring = ring_of(window);
  const auto count = static_cast<int64_t>(shape(window).points);
  const int64_t end = now / ring.step;  // the first that is not complete
  Series made{(end - count) * ring.step, step_of(window), {}};
  made.points.reserve(static_cast<size_t>(count));
  for (int64_t number = end - count; number < end; ++number) {
    made.points.push_back(ring.at(number));
  }
  return made;
}

}  // namespace atl::control
