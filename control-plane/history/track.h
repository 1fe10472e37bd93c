#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "control-plane/history/point.h"
#include "lib/base/clock.h"

namespace atl::control {

// How far back one looks, and how finely.
enum class Window : uint8_t { OneMinute, FiveMinutes, OneHour, SixHours, OneDay };
std::optional<Window> parse_window(std::string_view text);  // "1m", "5m", "1h", "6h", "24h"
std::string_view to_string(Window window);
std::chrono::seconds step_of(Window window);
size_t points_of(Window window);

// The past of one PoP (or of all together) in rings of three resolutions: 300 points of 1 s, 360 of
// 10 s and 720 of 120 s. Bounded: 1,380 packed points, some 200 KB when all are full and busy.
class Track {
 public:
  using Second = int64_t;  // since 1970

  Track();

  // What was counted in that second. Seconds in the past of the ring are ignored, so a clock that
  // jumps back loses what it counts until it has caught up.
  void add(Second second, const Point& point);

  struct Series {
    Second first = 0;  // when the first point begins
    std::chrono::seconds step{1};
    std::vector<std::optional<Point>> points;  // nullopt: nothing was heard
  };
  // The last points of the window that are complete at `now`, oldest first.
  Series series(Window window, Second now) const;

 private:
  struct Ring {
    int64_t step;
    int64_t newest = INT64_MIN;  // number of its newest step since 1970; INT64_MIN: empty
    std::vector<PackedPoint> slots;

    void add(Second second, const Point& point);
    std::optional<Point> at(int64_t number) const;
    const PackedPoint& slot(int64_t number) const {
      return slots[static_cast<size_t>(number) % slots.size()];
    }
    PackedPoint& slot(int64_t number) { return slots[static_cast<size_t>(number) % slots.size()]; }
  };

  const Ring& ring_of(Window window) const;

  std::vector<Ring> rings_;  // finest first
};

}  // namespace atl::control
