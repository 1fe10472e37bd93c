#include "edge/fetch/origin_book.h"

#include <algorithm>
#include <utility>

#include "lib/base/log.h"

namespace atl::edge {

// Guarded by the book's mutex.
struct OriginEntry {
  OriginEndpoint settings;
  Breaker breaker;
  bool healthy = true;
  std::string health_detail;
  uint64_t in_flight = 0;
  std::deque<std::shared_ptr<OriginQueuer::Place>> queue;
  uint64_t probes = 0;
  uint64_t refused_open = 0;
  uint64_t refused_unhealthy = 0;
  uint64_t refused_busy = 0;

  bool full() const { return settings.max_requests != 0 && in_flight >= settings.max_requests; }
};

// ---- OriginTicket ------------------------------------------------------------------------------

OriginTicket::OriginTicket(OriginTicket&& other) noexcept
    : book_(other.book_),
      entry_(std::move(other.entry_)),
      epoch_(other.epoch_),
      reported_(other.reported_) {
  other.entry_ = nullptr;
}

OriginTicket& OriginTicket::operator=(OriginTicket&& other) noexcept {
  if (this == &other) return *this;
  const OriginTicket old = std::move(*this);  // gives its place back when this ends
  book_ = other.book_;
  entry_ = std::exchange(other.entry_, nullptr);
  epoch_ = other.epoch_;
  reported_ = other.reported_;
  return *this;
}

OriginTicket::~OriginTicket() {
  if (entry_ != nullptr) book_->release(entry_, epoch_, reported_);
}

void OriginTicket::report(AttemptOutcome outcome) {
  if (entry_ == nullptr) return;
  reported_ = true;
  book_->report(*entry_, epoch_, outcome);
}

// ---- OriginQueuer ------------------------------------------------------------------------------

OriginQueuer::OriginQueuer(OriginBook& book, std::shared_ptr<OriginEntry> entry,
                           std::shared_ptr<Place> place)
    : book_(book), entry_(std::move(entry)), place_(std::move(place)) {}

OriginQueuer::~OriginQueuer() {
  place_->owner = nullptr;
  book_.leave(*entry_, *place_);
}

// ---- OriginBook --------------------------------------------------------------------------------

OriginBook::EntryPtr OriginBook::entry_of(const OriginEndpoint& origin) {
  EntryPtr& entry = entries_[origin.identity];
  if (entry == nullptr) {
    entry = std::make_shared<Entry>();
    entry->settings = origin;
  }
  return entry;
}

Refusal OriginBook::judge(Entry& entry, MonoTime now) const {
  if (!entry.healthy) return Refusal::Unhealthy;
  if (entry.settings.breaker.enabled && !entry.breaker.would_go(entry.settings.breaker, now)) {
    return Refusal::BreakerOpen;
  }
  return entry.full() ? Refusal::Busy : Refusal::None;
}

OriginTicket OriginBook::let_through(const EntryPtr& entry, MonoTime now) {
  const Breaker::Pass pass = entry->breaker.ask(entry->settings.breaker, now);
  if (pass.probe) ++entry->probes;
  ++entry->in_flight;
  return {*this, entry, pass.epoch};
}

void OriginBook::count(Entry& entry, Refusal refusal) {
  switch (refusal) {
    case Refusal::None:
      return;
    case Refusal::Unhealthy:
      ++entry.refused_unhealthy;
      return;
    case Refusal::BreakerOpen:
      ++entry.refused_open;
      return;
    case Refusal::Busy:
      ++entry.refused_busy;
      return;
  }
}

OriginBook::Admission OriginBook::admit(const OriginEndpoint& origin) {
  const MonoTime now = clock_.mono();
  const std::lock_guard lock(mutex_);
  const EntryPtr entry = entry_of(origin);
  const Refusal refusal = judge(*entry, now);
  if (refusal == Refusal::None) return {.ticket = let_through(entry, now)};
  count(*entry, refusal);
  return {.ticket = {}, .refusal = refusal};
}

std::unique_ptr<OriginQueuer> OriginBook::wait(const OriginEndpoint& origin, net::Loop& loop,
                                               OriginQueuer::Owner& owner) {
  const std::lock_guard lock(mutex_);
  const EntryPtr entry = entry_of(origin);
  if (entry->queue.size() >= entry->settings.max_queued) return nullptr;
  auto place = std::make_shared<OriginQueuer::Place>(loop, &owner);
  entry->queue.push_back(place);
  // Since the refusal the last exchange may have ended: nobody else would call.
  serve_queue(entry, clock_.mono());
  return std::unique_ptr<OriginQueuer>(new OriginQueuer(*this, entry, std::move(place)));
}

// First come, first served. What is out of order tells everybody who waits at once: they have
// something better to do, such as answering with what is stale.
void OriginBook::serve_queue(const EntryPtr& entry, MonoTime now) {
  while (!entry->queue.empty()) {
    const Refusal refusal = judge(*entry, now);
    if (refusal == Refusal::Busy) return;
    OriginTicket ticket;
    if (refusal == Refusal::None) {
      ticket = let_through(entry, now);
    } else {
      count(*entry, refusal);
    }
    std::shared_ptr<OriginQueuer::Place> place = std::move(entry->queue.front());
    entry->queue.pop_front();
    net::Loop& loop = place->loop;
    loop.post([place = std::move(place), ticket = std::move(ticket), refusal]() mutable {
      if (place->owner != nullptr) place->owner->on_admitted(std::move(ticket), refusal);
    });
  }
}

void OriginBook::leave(Entry& entry, const OriginQueuer::Place& place) {
  const std::lock_guard lock(mutex_);
  std::erase_if(entry.queue, [&](const auto& other) { return other.get() == &place; });
}

void OriginBook::release(const EntryPtr& entry, uint32_t epoch, bool reported) {
  const MonoTime now = clock_.mono();
  const std::lock_guard lock(mutex_);
  --entry->in_flight;
  if (!reported) entry->breaker.forget(epoch);
  serve_queue(entry, now);
}

void OriginBook::report(Entry& entry, uint32_t epoch, AttemptOutcome outcome) {
  const MonoTime now = clock_.mono();
  const std::lock_guard lock(mutex_);
  const Breaker::State before = entry.breaker.state();
  entry.breaker.report(epoch, outcome, entry.settings.breaker, now);
  const Breaker::State after = entry.breaker.state();
  if (before == Breaker::State::Closed && after == Breaker::State::Open) {
    log_warn("origin {} keeps failing: left alone, a probe every {} ms", entry.settings.id,
             entry.settings.breaker.open.count());
  } else if (before != after && after == Breaker::State::Closed) {
    log_info("origin {} answers again", entry.settings.id);
  }
}

void OriginBook::set_health(const OriginEndpoint& origin, bool healthy, std::string detail) {
  const MonoTime now = clock_.mono();
  const std::lock_guard lock(mutex_);
  const EntryPtr entry = entry_of(origin);
  if (entry->healthy != healthy) {
    if (healthy) {
      log_info("origin {} is healthy again", origin.id);
    } else {
      log_warn("origin {} is unhealthy: {}", origin.id, detail);
    }
  }
  entry->healthy = healthy;
  entry->health_detail = std::move(detail);
  serve_queue(entry, now);
}

void OriginBook::retain(const RouteTable& table) {
  const MonoTime now = clock_.mono();
  const std::lock_guard lock(mutex_);
  std::unordered_map<std::string, EntryPtr> kept;
  const auto keep = [&](const OriginEndpoint& origin) {
    const EntryPtr entry = entry_of(origin);
    entry->settings = origin;
    if (!origin.health_check) {
      entry->healthy = true;
      entry->health_detail.clear();
    }
    serve_queue(entry, now);
    kept.emplace(origin.identity, entry);
  };
  for (const OriginEndpoint& origin : table.origins()) keep(origin);
  for (const Pop& pop : table.pops()) {
    for (const OriginEndpoint& peer : pop.peers) keep(peer);
  }
  // Those who wait for one that is gone are served all the same: their tickets hold its entry.
  entries_ = std::move(kept);
}

void OriginBook::loads(const std::vector<OriginEndpoint>& origins,
                       std::vector<uint64_t>& out) const {
  const MonoTime now = clock_.mono();
  out.clear();
  const std::lock_guard lock(mutex_);
  for (const OriginEndpoint& origin : origins) {
    const auto found = entries_.find(origin.identity);
    if (found == entries_.end()) {
      out.push_back(0);
      continue;
    }
    Entry& entry = *found->second;
    out.push_back(judge(entry, now) == Refusal::BreakerOpen ? ring::kNotThere : entry.in_flight);
  }
}

OriginReport OriginBook::report(const OriginEndpoint& origin) const {
  const MonoTime now = clock_.mono();
  OriginReport report{.id = origin.id};
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(origin.identity);
  if (found == entries_.end()) return report;
  Entry& entry = *found->second;
  report.refusal = judge(entry, now);
  if (report.refusal == Refusal::Busy) report.refusal = Refusal::None;
  report.breaker = entry.breaker.state();
  report.healthy = entry.healthy;
  report.health_detail = entry.health_detail;
  report.in_flight = entry.in_flight;
  report.queued = entry.queue.size();
  report.breaker_opened = entry.breaker.opened();
  report.probes = entry.probes;
  report.refused_open = entry.refused_open;
  report.refused_unhealthy = entry.refused_unhealthy;
  report.refused_busy = entry.refused_busy;
  return report;
}

}  // namespace atl::edge
