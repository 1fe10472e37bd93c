#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "edge/routing/route_table.h"
#include "lib/base/clock.h"
#include "lib/rpc/failure.h"

namespace atl::edge {

// What one attempt says about the origin it was made at.
enum class AttemptOutcome : uint8_t { Success, Failure };

// 502, 503 and 504 say that the origin cannot answer; any other status, 500 too, is an answer: one
// page with a mistake in it must not take the site away.
AttemptOutcome outcome_of(uint16_t status);
// Whether an exchange without an answer is the origin's failure. Not when it was never sent: the
// client of an endpoint that is down fails at once and reconnects by itself, which is a breaker
// already. Not when the request was ours to get right, or was taken back.
bool is_origin_failure(const rpc::ExchangeFailure& failure);

// A circuit breaker: a pure state machine, time is an argument. Closed, it counts; open, it refuses
// everything; half-open, it lets probes through, and their outcomes decide. What was let through
// reports with the epoch it was given; what comes from another state than the present one is too
// old to mean anything and is passed over.
class Breaker {
 public:
  enum class State : uint8_t { Closed, Open, HalfOpen };

  struct Pass {
    bool go = false;
    bool probe = false;
    uint32_t epoch = 0;
  };
  // May an attempt begin now? If it may, it counts.
  Pass ask(const BreakerSettings& settings, MonoTime now);
  // Whether ask() would let an attempt begin; changes nothing.
  bool would_go(const BreakerSettings& settings, MonoTime now) const;

  // Once for each attempt, or several times if it fails after it succeeded.
  void report(uint32_t epoch, AttemptOutcome outcome, const BreakerSettings& settings,
              MonoTime now);
  // The attempt is over without an outcome.
  void forget(uint32_t epoch);

  State state() const { return state_; }
  // Times it went from closed to open.
  uint64_t opened() const { return opened_; }

 private:
  static constexpr size_t kSlots = 10;
  struct Slot {
    int64_t number = -1;  // of the tenth of a window since the clock's epoch
    uint32_t total = 0;
    uint32_t failed = 0;
  };

  void count(AttemptOutcome outcome, const BreakerSettings& settings, MonoTime now);
  bool too_many(const BreakerSettings& settings, int64_t slot) const;
  void enter(State state, MonoTime now);

  State state_ = State::Closed;
  uint32_t epoch_ = 0;  // grows with every change of state
  uint64_t opened_ = 0;
  MonoTime since_{};          // Open: when it opened; HalfOpen: when the last probe was let through
  uint32_t probing_ = 0;      // HalfOpen: probes without an outcome
  uint32_t probes_good_ = 0;  // HalfOpen
  uint32_t failed_in_row_ = 0;  // Closed
  std::array<Slot, kSlots> slots_{};
};
std::string_view to_string(Breaker::State state);

}  // namespace atl::edge
