#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "control-plane/fleet/node.h"
#include "lib/base/clock.h"

namespace atl::control {

// What one node has counted, as a function of time. Nodes report once a second, each in its own
// rhythm; between two reports the counts are taken to grow evenly, so that whole seconds of many
// nodes can be added up, none shows twice in one second and nothing in the next, and over time
// every request is counted exactly once. A restart of the process is no step back: its counts go on
// from where the last one's ended.
class Readings {
 public:
  // `at` is when the report came; reports come in the order of time. The very first one is where
  // counting begins.
  void add(std::string_view instance, MonoTime at, const NodeStatistics& statistics);

  // Counted up to then; before the first report, as the first one has it; after the last, as the
  // last. Gauges are those of the last report before `at`.
  NodeStatistics at(MonoTime time) const;
  bool empty() const { return kept_.empty(); }
  MonoTime last() const { return kept_.empty() ? MonoTime{} : kept_.back().at; }

 private:
  static constexpr size_t kKept = 6;  // reports; the oldest is some seconds old

  struct Kept {
    MonoTime at;
    NodeStatistics total;
  };

  std::string instance_;
  NodeStatistics reported_;  // the last report, as it came
  NodeStatistics ended_;     // what the processes before this one counted
  std::deque<Kept> kept_;
};

}  // namespace atl::control
