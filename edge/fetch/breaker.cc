#include "edge/fetch/breaker.h"

#include <algorithm>

namespace atl::edge {

AttemptOutcome outcome_of(uint16_t status) {
  return status >= 502 && status <= 504 ? AttemptOutcome::Failure : AttemptOutcome::Success;
}

bool is_origin_failure(const rpc::ExchangeFailure& failure) {
  switch (failure.reason) {
    case rpc::FailureReason::OriginUnreachable:
      return failure.request_seen;
    case rpc::FailureReason::BadRequest:
    case rpc::FailureReason::Cancelled:
      return false;
    default:
      return true;
  }
}

void Breaker::enter(State state, MonoTime now) {
  if (state_ == State::Closed && state == State::Open) ++opened_;
  state_ = state;
  ++epoch_;
  since_ = now;
  probing_ = 0;
  probes_good_ = 0;
  failed_in_row_ = 0;
  slots_ = {};
}

// A probe that says nothing for as long as the breaker stays open does not hold up the next one: an
// origin that swallowed it may be back.
bool Breaker::would_go(const BreakerSettings& settings, MonoTime now) const {
  switch (state_) {
    case State::Closed:
      return true;
    case State::Open:
      return now - since_ >= settings.open;
    case State::HalfOpen:
      return probing_ < settings.probes || now - since_ >= settings.open;
  }
  return true;
}

Breaker::Pass Breaker::ask(const BreakerSettings& settings, MonoTime now) {
  if (!settings.enabled) {
    if (state_ != State::Closed) enter(State::Closed, now);
    return {.go = true, .probe = false, .epoch = epoch_};
  }
  if (!would_go(settings, now)) return {};
  if (state_ == State::Closed) return {.go = true, .probe = false, .epoch = epoch_};
  if (state_ == State::Open) enter(State::HalfOpen, now);
  since_ = now;
  ++probing_;
  return {.go = true, .probe = true, .epoch = epoch_};
}

void Breaker::report(uint32_t epoch, AttemptOutcome outcome, const BreakerSettings& settings,
                     MonoTime now) {
  if (epoch != epoch_ || !settings.enabled) return;
  switch (state_) {
    case State::Closed:
      return count(outcome, settings, now);
    case State::Open:
      return;
    case State::HalfOpen:
      if (outcome == AttemptOutcome::Failure) return enter(State::Open, now);
      if (probing_ > 0) --probing_;
      if (++probes_good_ >= settings.probes) enter(State::Closed, now);
      return;
  }
}

void Breaker::forget(uint32_t epoch) {
  if (epoch == epoch_ && state_ == State::HalfOpen && probing_ > 0) --probing_;
}

void Breaker::count(AttemptOutcome outcome, const BreakerSettings& settings, MonoTime now) {
  const bool failed = outcome == AttemptOutcome::Failure;
  const std::chrono::milliseconds width = std::max<std::chrono::milliseconds>(
      settings.window / int64_t{kSlots}, std::chrono::milliseconds{1});
  const int64_t number = now.time_since_epoch() / width;
  Slot& slot = slots_[static_cast<size_t>(number) % kSlots];
  if (slot.number != number) slot = {.number = number};
  ++slot.total;
  slot.failed += failed ? 1 : 0;
  failed_in_row_ = failed ? failed_in_row_ + 1 : 0;
  if (!failed) return;
  const bool in_row = settings.failures != 0 && failed_in_row_ >= settings.failures;
  if (in_row || too_many(settings, number)) enter(State::Open, now);
}

bool Breaker::too_many(const BreakerSettings& settings, int64_t slot) const {
  if (settings.percent == 0) return false;
  uint64_t total = 0;
  uint64_t failed = 0;
  for (const Slot& each : slots_) {
    if (each.number <= slot - static_cast<int64_t>(kSlots)) continue;  // before the window
    total += each.total;
    failed += each.failed;
  }
  return total >= settings.at_least && failed * 100 >= total * settings.percent;
}

std::string_view to_string(Breaker::State state) {
  switch (state) {
    case Breaker::State::Closed:
      return "closed";
    case Breaker::State::Open:
      return "open";
    case Breaker::State::HalfOpen:
      return "half-open";
  }
  return "closed";
}

}  // namespace atl::edge
