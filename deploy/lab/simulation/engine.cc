#include "deploy/lab/simulation/engine.h"

#include <algorithm>

namespace atl::lab {
namespace {

uint64_t cache_bytes_of(const PopSpec& pop, const RunSpec& run) {
  return run.cache_bytes.value_or(pop.cache_bytes);
}

template <class T>
uint32_t take_slot(std::vector<T>& slots, std::vector<uint32_t>& free) {
  if (free.empty()) {
    slots.emplace_back();
    return static_cast<uint32_t>(slots.size() - 1);
  }
  const uint32_t slot = free.back();
  free.pop_back();
  slots[slot] = {};
  return slot;
}

}  // namespace

Engine::Engine(const Scenario& scenario, const RunSpec& run, const Paths& paths,
               const Traffic& traffic, uint64_t seed)
    : scenario_(scenario),
      run_(run),
      paths_(paths),
      traffic_(traffic),
      service_(ticks_of_ms(run.cache.service_ms)),
      timeout_(ticks(run.cache.fetch_timeout)),
      random_(seed, 2),
      storms_(seed, 5),
      router_(scenario, run.routing, seed),
      origin_(scenario.origin, seed),
      tally_(scenario, run) {
  uint64_t largest = 0;
  for (uint32_t i = 0; run.cdn && i < scenario.pops.size(); ++i) {
    const PopSpec& pop = scenario.pops[i];
    const uint64_t bytes = cache_bytes_of(pop, run);
    largest = std::max(largest, bytes);
    pops_.emplace_back(pop.nodes, bytes, run.cache, seed);
    if (pop.id == run.cache.shield) shield_ = i;
  }
  tally_.outcome().cache_bytes = largest;
  for (size_t i = 0; i < scenario.events.size(); ++i) {
    const auto at = ticks(scenario.events[i].at);
    const bool stormy = scenario.events[i].per_s > 0;
    events_.add(at, stormy ? Event::Kind::Storm : Event::Kind::Timeline, i);
  }
}

void Engine::request(const Request& request) {
  advance(request.at);
  if (!run_.cdn) return direct(request);
  const auto pop = router_.route(request.cell, request.group, request.at);
  if (!pop || !pops_[*pop].up) {
    return tally_.record(
        {.at = request.at, .cell = request.cell, .pop = pop.value_or(Tally::kNoPop)});
  }
  at_pop(request, *pop);
}

void Engine::finish() { advance(INT64_MAX); }

RunOutcome Engine::take_outcome() {
  RunOutcome& outcome = tally_.outcome();
  for (size_t i = 0; i < pops_.size(); ++i) {
    const auto statistics = pops_[i].statistics();
    outcome.pops[i].objects = statistics.objects;
    outcome.pops[i].bytes = statistics.bytes;
    outcome.pops[i].evictions = statistics.evictions;
  }
  return std::move(outcome);
}

void Engine::advance(Tick until) {
  while (events_.due(until)) dispatch(events_.take());
}

void Engine::dispatch(const Event& event) {
  const auto number = static_cast<uint32_t>(event.what);
  switch (event.kind) {
    case Event::Kind::OriginArrive:
      return at_origin(number, event.at);
    case Event::Kind::ShieldArrive:
      return at_shield(number, event.at);
    case Event::Kind::FetchDone:
      return done(number, event.at);
    case Event::Kind::Timeline:
      return timeline(event.what, event.at);
    case Event::Kind::Learned:
      return router_.learn(event.pop, event.what != 0);
    case Event::Kind::Purge: {
      const TimelineEvent& purge = scenario_.events[event.what];
      return pops_[event.pop].purge(purge.share, event.what,
                                    purge.soft ? cache::Purge::Soft : cache::Purge::Hard);
    }
    case Event::Kind::PurgeObject:
      return pops_[event.pop].purge_object(event.what, cache::Purge::Hard);
    case Event::Kind::Storm:
      return storm(event.what, event.at);
  }
}

// Without a CDN only the origin matters.
void Engine::timeline(size_t index, Tick now) {
  const TimelineEvent& event = scenario_.events[index];
  using Kind = TimelineEvent::Kind;
  switch (event.kind) {
    case Kind::OriginDown:
      return origin_.go_down();
    case Kind::OriginUp:
      return origin_.recover();
    case Kind::OriginSlow:
      return origin_.slow_down(event.factor);
    case Kind::FlashCrowd:
      return;  // a stream
    case Kind::Purge:
      return spread_purge(index, now);
    case Kind::PopDown:
    case Kind::PopUp:
      break;
  }
  if (!run_.cdn) return;
  uint32_t pop = 0;
  while (scenario_.pops[pop].id != event.pop) ++pop;
  const bool up = event.kind == Kind::PopUp;
  if (up) {
    pops_[pop].come_up();
  } else {
    pops_[pop].go_down();
  }
  events_.add(now + ticks(run_.routing.detection), Event::Kind::Learned, up ? 1 : 0, pop);
}

void Engine::spread_purge(size_t index, Tick now) {
  for (uint32_t pop = 0; pop < pops_.size(); ++pop) {
    const Tick way = round_trip(paths_.control_to_pop(pop), random_) / 2;
    events_.add(now + way, Event::Kind::Purge, index, pop);
  }
}

// Of the first stream whose objects have a popularity.
void Engine::storm(size_t index, Tick now) {
  const TimelineEvent& event = scenario_.events[index];
  uint32_t stream = 0;
  while (scenario_.streams[stream].kind != Stream::Kind::Zipf) ++stream;
  const uint64_t object = traffic_.popular(stream, storms_);
  for (uint32_t pop = 0; pop < pops_.size(); ++pop) {
    const Tick way = round_trip(paths_.control_to_pop(pop), random_) / 2;
    events_.add(now + way, Event::Kind::PurgeObject, object, pop);
  }
  const Tick next = now + static_cast<Tick>(1e9 / event.per_s);
  if (next < ticks(event.at + event.lasts)) events_.add(next, Event::Kind::Storm, index);
}

void Engine::direct(const Request& request) {
  const Path& path = paths_.to_origin(request.cell);
  Tick overhead = round_trip(path, random_);
  if (request.connects) overhead += connecting(path, scenario_.network.tls, random_);
  const OriginModel::Answer answer = origin_.serve(request.at);
  const Tick wait = answer.head - request.at;
  tally_.fetched(request.at, answer.ok ? request.bytes : 0);
  const bool good = answer.ok && wait <= timeout_;
  tally_.record({.at = request.at,
                 .cell = request.cell,
                 .pop = Tally::kNoPop,
                 .served = good ? Served::Miss : Served::Error,
                 .bytes = request.bytes,
                 .first = overhead + wait,
                 .complete = overhead + wait + transfer(path, request.bytes)});
}

void Engine::at_pop(const Request& request, uint32_t pop) {
  const Path& path = paths_.to_pop(request.cell, pop);
  Tick overhead = round_trip(path, random_);
  if (request.connects) overhead += connecting(path, scenario_.network.tls, random_);
  Wanted wanted{.object = request.object, .bytes = request.bytes, .shared = run_.cache.flights};
  Waiter waiter{.client = request, .overhead = overhead};
  if (!scenario_.streams[request.stream].cacheable) {
    wanted.shared = wanted.keep = false;
    return wait_for(start(pop, wanted, request.at), waiter);
  }
  const cache::Store::Found found = pops_[pop].find(request.object, request.at);
  if (found) {
    wanted.revalidates = found.judgement.reason != cache::Reason::Purged;
    waiter.stale_usable = found.judgement.usable_when_disconnected();
    switch (found.judgement.verdict) {
      case cache::Verdict::Fresh:
        return served(request, pop, Served::Hit, overhead);
      case cache::Verdict::StaleUsable:
        served(request, pop, Served::Stale, overhead);
        if (!pops_[pop].flights.find(request.object)) {
          wanted.shared = true;
          start(pop, wanted, request.at);
        }
        return;
      case cache::Verdict::MustRevalidate:
        break;
      case cache::Verdict::Unusable:
        wanted.revalidates = false;
        break;
    }
  }
  wait_for(join(pop, wanted, request.at), waiter);
}

void Engine::served(const Request& request, uint32_t pop, Served how, Tick overhead) {
  const Tick first = overhead + service_;
  tally_.record({.at = request.at,
                 .cell = request.cell,
                 .pop = pop,
                 .served = how,
                 .bytes = request.bytes,
                 .first = first,
                 .complete = first + transfer(paths_.to_pop(request.cell, pop), request.bytes)});
}

void Engine::wait_for(uint32_t fetch, const Waiter& waiter) {
  if (fetches_[fetch].result != Result::Pending) {
    return answer(waiter, fetch, waiter.client.at);
  }
  const uint32_t slot = take_slot(waiters_, free_waiters_);
  waiters_[slot] = waiter;
  waiters_[slot].next = fetches_[fetch].waiters;
  fetches_[fetch].waiters = slot;
}

uint32_t Engine::join(uint32_t pop, const Wanted& wanted, Tick now) {
  if (wanted.shared) {
    if (const auto flight = pops_[pop].flights.find(wanted.object)) return *flight;
  }
  return start(pop, wanted, now);
}

uint32_t Engine::start(uint32_t pop, const Wanted& wanted, Tick now) {
  const uint32_t number = take_slot(fetches_, free_fetches_);
  Fetch& fetch = fetches_[number];
  fetch.object = wanted.object;
  fetch.bytes = wanted.bytes;
  fetch.pop = pop;
  fetch.life = pops_[pop].life;
  fetch.shared = wanted.shared;
  fetch.revalidates = wanted.revalidates;
  fetch.keep = wanted.keep;
  fetch.began = now;
  fetch.epoch = pops_[pop].epoch(wanted.object);
  if (wanted.shared) pops_[pop].flights.add(wanted.object, number);
  if (shield_ == kNone || shield_ == pop || !wanted.keep || !pops_[shield_].up) {
    to_origin(number, now);
  } else {
    const Tick trip = round_trip(paths_.between(pop, shield_), random_);
    fetch.back = trip - trip / 2;
    events_.add(now + trip / 2, Event::Kind::ShieldArrive, number);
  }
  return number;
}

void Engine::to_origin(uint32_t number, Tick now) {
  const Tick trip = round_trip(paths_.pop_to_origin(fetches_[number].pop), random_);
  fetches_[number].back = trip - trip / 2;
  events_.add(now + trip / 2, Event::Kind::OriginArrive, number);
}

void Engine::at_origin(uint32_t number, Tick now) {
  Fetch& fetch = fetches_[number];
  const OriginModel::Answer answer = origin_.serve(now);
  const uint64_t body = fetch.revalidates || !answer.ok ? 0 : fetch.bytes;
  tally_.fetched(now, body);
  fetch.head = answer.head + fetch.back;
  fetch.end = fetch.head + steady_transfer(paths_.pop_to_origin(fetch.pop), body);
  fetch.result = answer.ok ? Result::Good : Result::Failed;
  if (fetch.head - fetch.began > timeout_) {
    fetch.head = fetch.end = std::max(now, fetch.began + timeout_);
    fetch.result = Result::Failed;
  }
  settle(number, now);
}

void Engine::at_shield(uint32_t number, Tick now) {
  if (!pops_[shield_].up) return to_origin(number, now);
  const cache::Store::Found found = pops_[shield_].find(fetches_[number].object, now);
  Wanted wanted{.object = fetches_[number].object,
                .bytes = fetches_[number].bytes,
                .shared = run_.cache.flights};
  Waiter waiter{.child = number};
  waiter.client.at = now;
  if (found) {
    const auto& judgement = found.judgement;
    wanted.revalidates = judgement.reason != cache::Reason::Purged;
    waiter.stale_usable = judgement.usable_when_disconnected();
    const bool stale = judgement.verdict == cache::Verdict::StaleUsable;
    if (judgement.verdict == cache::Verdict::Fresh || stale) {
      Fetch& fetch = fetches_[number];
      fetch.result = stale ? Result::Stale : Result::Good;
      fetch.age = judgement.age;
      fetch.head = now + service_ + fetch.back;
      fetch.end =
          fetch.head + (fetch.revalidates
                            ? 0
                            : steady_transfer(paths_.between(fetch.pop, shield_), fetch.bytes));
      settle(number, now);
      if (stale && !pops_[shield_].flights.find(wanted.object)) {
        wanted.shared = true;
        start(shield_, wanted, now);
      }
      return;
    }
  }
  wait_for(join(shield_, wanted, now), waiter);
}

// Its head and end are known: everybody who waits is answered, and those to come will be.
void Engine::settle(uint32_t number, Tick now) {
  events_.add(std::max(now, fetches_[number].end), Event::Kind::FetchDone, number);
  for (uint32_t slot = std::exchange(fetches_[number].waiters, kNone); slot != kNone;) {
    const Waiter waiter = waiters_[slot];
    free_waiters_.push_back(slot);
    slot = waiter.next;
    answer(waiter, number, now);
  }
}

void Engine::answer(const Waiter& waiter, uint32_t number, Tick now) {
  if (waiter.child != kNone) return answer_child(waiter, fetches_[number], now);
  answer_client(waiter, fetches_[number]);
}

void Engine::answer_client(const Waiter& waiter, const Fetch& fetch) {
  const Request& client = waiter.client;
  Served how = Served::Miss;
  if (fetch.result == Result::Stale) how = Served::Stale;
  if (fetch.result == Result::Failed) how = waiter.stale_usable ? Served::Stale : Served::Error;
  const Tick wait = std::max<Tick>(fetch.head - client.at, 0);
  const Tick first = waiter.overhead + service_ + wait;
  const Tick sent = first + transfer(paths_.to_pop(client.cell, fetch.pop), client.bytes);
  tally_.record({.at = client.at,
                 .cell = client.cell,
                 .pop = fetch.pop,
                 .served = how,
                 .bytes = client.bytes,
                 .first = first,
                 .complete = std::max(sent, waiter.overhead + (fetch.end - client.at))});
}

// The answer goes on to the PoP that asked its shield.
void Engine::answer_child(const Waiter& waiter, const Fetch& parent, Tick now) {
  Fetch& child = fetches_[waiter.child];
  const bool failed = parent.result == Result::Failed;
  child.result = !failed ? parent.result : waiter.stale_usable ? Result::Stale : Result::Failed;
  const Path& path = paths_.between(child.pop, parent.pop);
  const bool body = !child.revalidates && child.result != Result::Failed;
  child.head = std::max(parent.head, waiter.client.at) + service_ + child.back;
  child.end = child.head + (body ? steady_transfer(path, child.bytes) : 0);
  if (body && !failed) child.end = std::max(child.end, parent.end + child.back);
  settle(waiter.child, now);
}

void Engine::done(uint32_t number, Tick now) {
  const Fetch& fetch = fetches_[number];
  PopModel& pop = pops_[fetch.pop];
  if (fetch.shared) pop.flights.remove(fetch.object);
  if (fetch.result == Result::Good && fetch.keep && pop.up && fetch.life == pop.life) {
    pop.store({fetch.object, fetch.bytes, ttl_of(fetch.object), fetch.age, fetch.epoch}, now);
  }
  free_fetches_.push_back(number);
}

Span Engine::ttl_of(uint64_t object) const {
  return scenario_.streams[stream_of(object)].ttl.value_or(run_.cache.ttl);
}

}  // namespace atl::lab
