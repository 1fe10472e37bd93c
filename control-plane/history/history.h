#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "control-plane/fleet/node.h"
#include "control-plane/history/point.h"
#include "control-plane/history/readings.h"
#include "control-plane/history/track.h"
#include "lib/base/clock.h"

namespace atl::control {

// The last report of one node.
struct NodeReading {
  std::string_view pop;
  std::string_view node;
  std::string_view instance;  // of its process
  MonoTime at;                // when it came
  const NodeStatistics* statistics;
};

// What every PoP and all of them together counted, second by second, for a day. No clock of its
// own; one thread.
class History {
 public:
  // A second is closed this long after it ended, when every node that lives has reported beyond it.
  static constexpr std::chrono::milliseconds kLag{1'500};
  // Of a node that has not reported for this long nothing is said any more.
  static constexpr std::chrono::seconds kSilence{5};

  // Takes the PoPs' last reports and closes the seconds that are over. To be called several times a
  // second; returns whether any was closed. PoPs that are not in `pops` are forgotten.
  bool advance(WallTime wall, MonoTime mono, std::span<const std::string> pops,
               std::span<const NodeReading> readings);

  // When the last closed second began; 0 before the first.
  Track::Second last_second() const { return last_; }
  // What was counted in it. Nullopt: nothing was heard. An empty `pop` means all together.
  std::optional<Point> latest(std::string_view pop) const;
  // Nullopt: there is no such PoP.
  std::optional<Track::Series> series(std::string_view pop, Window window) const;

 private:
  struct Node {
    Readings readings;
    NodeStatistics counted;  // up to the end of the last closed second
    bool begun = false;
  };
  struct Pop {
    Track track;
    std::map<std::string, Node, std::less<>> nodes;
    std::optional<Point> latest;
  };

  void keep_only(std::span<const std::string> pops);
  void hear(const NodeReading& reading);
  void close(Track::Second second, MonoTime end);
  static std::optional<Point> close(Pop& pop, MonoTime end);

  std::map<std::string, Pop, std::less<>> pops_;
  Track all_;
  std::optional<Point> latest_;
  Track::Second last_ = 0;
};

}  // namespace atl::control
