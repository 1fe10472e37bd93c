#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "edge/fetch/breaker.h"
#include "edge/fetch/refusal.h"
#include "edge/routing/route_table.h"
#include "lib/base/clock.h"
#include "lib/net/loop.h"

namespace atl::edge {

class OriginBook;
struct OriginEntry;  // one origin, as the book knows it

// Leave to have one exchange with an origin: a place among its requests in flight, given back when
// the ticket dies. Any thread; the book outlives it.
class OriginTicket {
 public:
  OriginTicket() = default;
  OriginTicket(OriginTicket&& other) noexcept;
  OriginTicket& operator=(OriginTicket&& other) noexcept;
  ~OriginTicket();

  // What the exchange said about the origin. A success may be followed by a failure (the head came,
  // the body did not). An exchange that is dropped without a report says nothing.
  void report(AttemptOutcome outcome);

  explicit operator bool() const { return entry_ != nullptr; }

 private:
  friend class OriginBook;
  OriginTicket(OriginBook& book, std::shared_ptr<OriginEntry> entry, uint32_t epoch)
      : book_(&book), entry_(std::move(entry)), epoch_(epoch) {}

  OriginBook* book_ = nullptr;
  std::shared_ptr<OriginEntry> entry_;
  uint32_t epoch_ = 0;
  bool reported_ = false;
};

// A fetch that waits for a place. Made by OriginBook::wait(); lives and dies on its loop; its death
// takes it out of the queue.
class OriginQueuer {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    // A place came free; or the origin was found to be out of order meanwhile: no ticket, and why.
    virtual void on_admitted(OriginTicket ticket, Refusal refusal) = 0;
  };
  // In an origin's queue; the book's affair.
  struct Place {
    net::Loop& loop;
    Owner* owner;  // loop's thread only; null: it does not wait any more
  };
  ~OriginQueuer();
  OriginQueuer(const OriginQueuer&) = delete;
  OriginQueuer& operator=(const OriginQueuer&) = delete;

 private:
  friend class OriginBook;
  friend class OriginTicket;
  OriginQueuer(OriginBook& book, std::shared_ptr<OriginEntry> entry, std::shared_ptr<Place> place);

  OriginBook& book_;
  const std::shared_ptr<OriginEntry> entry_;
  const std::shared_ptr<Place> place_;
};

// How an origin stands, for health reports, metrics and people.
struct OriginReport {
  std::string id;
  Refusal refusal = Refusal::None;  // what a request that came now would hear; Busy is not told
  Breaker::State breaker = Breaker::State::Closed;
  bool healthy = true;
  std::string health_detail;  // of the last bad check
  uint64_t in_flight = 0;
  uint64_t queued = 0;
  uint64_t breaker_opened = 0;
  uint64_t probes = 0;
  uint64_t refused_open = 0;
  uint64_t refused_unhealthy = 0;
  uint64_t refused_busy = 0;
};

// What a node knows of its origins: breaker, health, requests in flight; shared by its workers. It
// survives a change of configuration. Any thread; one mutex, held for a few steps once or twice a
// fetch.
class OriginBook {
 public:
  explicit OriginBook(const Clock& clock) : clock_(clock) {}
  OriginBook(const OriginBook&) = delete;
  OriginBook& operator=(const OriginBook&) = delete;

  struct Admission {
    OriginTicket ticket;              // may begin
    Refusal refusal = Refusal::None;  // or why not
  };
  // `origin`: of a RouteTable.
  Admission admit(const OriginEndpoint& origin);
  // After a Busy: a place in the queue. Null: the origin has no queue, or it is full.
  std::unique_ptr<OriginQueuer> wait(const OriginEndpoint& origin, net::Loop& loop,
                                     OriginQueuer::Owner& owner);

  // The verdict of health checks; `detail` says what is wrong.
  void set_health(const OriginEndpoint& origin, bool healthy, std::string detail);

  // Forgets origins that `table` has not, and takes over its settings.
  void retain(const RouteTable& table);
  OriginReport report(const OriginEndpoint& origin) const;
  // Exchanges under way with each of `origins`, and whether its breaker refuses: ring::kNotThere
  // then. In their order.
  void loads(const std::vector<OriginEndpoint>& origins, std::vector<uint64_t>& out) const;

 private:
  friend class OriginTicket;
  friend class OriginQueuer;
  using Entry = OriginEntry;
  using EntryPtr = std::shared_ptr<OriginEntry>;

  EntryPtr entry_of(const OriginEndpoint& origin);
  Refusal judge(Entry& entry, MonoTime now) const;
  OriginTicket let_through(const EntryPtr& entry, MonoTime now);
  void count(Entry& entry, Refusal refusal);
  void release(const EntryPtr& entry, uint32_t epoch, bool reported);
  void serve_queue(const EntryPtr& entry, MonoTime now);
  void report(Entry& entry, uint32_t epoch, AttemptOutcome outcome);
  void leave(Entry& entry, const OriginQueuer::Place& place);

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, EntryPtr> entries_;  // by OriginEndpoint::identity
};

}  // namespace atl::edge
