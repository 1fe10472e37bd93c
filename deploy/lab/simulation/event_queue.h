#pragma once

#include <cstdint>
#include <queue>
#include <vector>

#include "deploy/lab/simulation/path.h"

namespace atl::lab {

// What happens beside the requests.
struct Event {
  enum class Kind : uint16_t {
    OriginArrive,  // a fetch reaches the origin
    ShieldArrive,  // a fetch reaches the shield
    FetchDone,     // the last byte of a fetch has come
    Timeline,      // of the scenario: `what` is its index
    Learned,       // whoever routes hears of `pop`; `what`: whether it is up
    Purge,         // a purge (`what`: index of the event) reaches `pop`
    PurgeObject,   // a purge of one object (`what`) reaches `pop`
    Storm,         // the next purge of one object sets out; `what`: index of the event
  };
  Tick at = 0;
  uint64_t order = 0;  // among those of one moment
  uint64_t what = 0;   // of fetches: their number
  uint32_t pop = 0;
  Kind kind = Kind::FetchDone;
};

// Events in order of time, those of one moment in the order in which they were added.
class EventQueue {
 public:
  void add(Tick at, Event::Kind kind, uint64_t what, uint32_t pop = 0) {
    queue_.push({at, next_++, what, pop, kind});
  }
  bool due(Tick until) const { return !queue_.empty() && queue_.top().at <= until; }
  // due() was true.
  Event take() {
    const Event event = queue_.top();
    queue_.pop();
    return event;
  }

 private:
  struct Later {
    bool operator()(const Event& a, const Event& b) const {
      return a.at != b.at ? a.at > b.at : a.order > b.order;
    }
  };
  std::priority_queue<Event, std::vector<Event>, Later> queue_;
  uint64_t next_ = 0;
};

}  // namespace atl::lab
