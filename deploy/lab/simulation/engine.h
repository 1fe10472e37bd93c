#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "deploy/lab/scenario/scenario.h"
#include "deploy/lab/simulation/event_queue.h"
#include "deploy/lab/simulation/origin_model.h"
#include "deploy/lab/simulation/path.h"
#include "deploy/lab/simulation/pop_model.h"
#include "deploy/lab/simulation/router.h"
#include "deploy/lab/simulation/tally.h"
#include "deploy/lab/simulation/traffic.h"

namespace atl::lab {

// One run: PoPs, the fetches under way between them and the origin, and the timeline. A request's
// time is that of its arrival at the edge; what lies before and after is arithmetic. Holds
// references to what it was made of.
class Engine {
 public:
  Engine(const Scenario& scenario, const RunSpec& run, const Paths& paths, const Traffic& traffic,
         uint64_t seed);

  // Requests come in order of time; what happens before each is done first. A hit allocates
  // nothing.
  void request(const Request& request);
  // What is still under way.
  void finish();
  RunOutcome take_outcome();

 private:
  static constexpr uint32_t kNone = UINT32_MAX;

  // What a fetch, or a request to another cache, came to.
  enum class Result : uint8_t {
    Pending,
    Good,
    Stale,  // the shield had it, past its lifetime, and no origin
    Failed,
  };
  struct Fetch {
    uint64_t object = 0;
    uint64_t bytes = 0;  // of the object
    uint32_t pop = 0;
    uint32_t life = 0;         // the PoP's when it began
    uint32_t waiters = kNone;  // a list
    bool shared = false;       // in the PoP's table of flights
    bool revalidates = false;  // what is there is confirmed, no body comes
    bool keep = false;         // may be stored
    Result result = Result::Pending;
    Tick began = 0;
    Tick back = 0;  // the half of the round trip that is still to come
    Tick head = 0;  // when its first byte is here
    Tick end = 0;   // and its last
    uint64_t epoch = 0;
    std::chrono::seconds age{0};
  };
  // Who waits for a fetch: a client, or the fetch of another PoP.
  struct Waiter {
    uint32_t next = kNone;
    uint32_t child = kNone;
    bool stale_usable = false;
    Request client;
    Tick overhead = 0;  // connecting and one round trip
  };
  struct Wanted {
    uint64_t object = 0;
    uint64_t bytes = 0;
    bool shared = false;
    bool revalidates = false;
    bool keep = true;
  };

  void advance(Tick until);
  void dispatch(const Event& event);
  void timeline(size_t index, Tick now);
  void spread_purge(size_t index, Tick now);
  void storm(size_t index, Tick now);

  void direct(const Request& request);
  void at_pop(const Request& request, uint32_t pop);
  void served(const Request& request, uint32_t pop, Served how, Tick overhead);
  void wait_for(uint32_t fetch, const Waiter& waiter);
  // The flight of the object, or a new fetch.
  uint32_t join(uint32_t pop, const Wanted& wanted, Tick now);
  uint32_t start(uint32_t pop, const Wanted& wanted, Tick now);
  void to_origin(uint32_t number, Tick now);
  void at_origin(uint32_t number, Tick now);
  void at_shield(uint32_t number, Tick now);
  void settle(uint32_t number, Tick now);
  void answer(const Waiter& waiter, uint32_t number, Tick now);
  void answer_client(const Waiter& waiter, const Fetch& fetch);
  void answer_child(const Waiter& waiter, const Fetch& fetch, Tick now);
  void done(uint32_t number, Tick now);
  Span ttl_of(uint64_t object) const;

  const Scenario& scenario_;
  const RunSpec& run_;
  const Paths& paths_;
  const Traffic& traffic_;
  uint32_t shield_ = kNone;
  Tick service_;
  Tick timeout_;
  Random random_;
  Random storms_;
  Router router_;
  OriginModel origin_;
  std::deque<PopModel> pops_;
  EventQueue events_;
  std::vector<Fetch> fetches_;
  std::vector<uint32_t> free_fetches_;
  std::vector<Waiter> waiters_;
  std::vector<uint32_t> free_waiters_;
  Tally tally_;
};

}  // namespace atl::lab
