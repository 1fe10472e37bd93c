#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "edge/cache/object.h"
#include "edge/cache/segment.h"
#include "edge/fetch/response_head.h"
#include "edge/fetch/retention_budget.h"
#include "lib/net/loop.h"

namespace atl::edge {

class TransferReader;

// A response in arrival, shared by one producer (a fetch) and any number of readers, each on its
// own loop. Thread-safe; owned by shared_ptr. Ends in exactly one of Complete, Object and Failed.
//
// While it is being stored it is *retained*: every byte is kept and a late reader begins at the
// first one, so nobody waits for anybody. Otherwise it is a *window*: what every reader has passed
// is dropped, and the producer is told to pause while more than kWindow bytes wait for the slowest
// reader. A reader that makes no progress is cut by its connection's write timeout.
class Transfer : public std::enable_shared_from_this<Transfer> {
 public:
  static constexpr uint64_t kWindow = 1 << 20;  // bytes; resumed at half
  static constexpr size_t kMaxInformational = 8;

  enum class Phase : uint8_t {
    Waiting,    // no final head yet
    Streaming,  // head known, body arriving
    Complete,   // head and whole body known
    Object,     // a stored response was confirmed: object() is the answer
    Failed,     // before the head: no answer; after it: the body is cut off here
  };
  enum class Retention : uint8_t { Retain, Window };

  // The producer's ears. Called on its loop, never inside a call it made.
  class Producer {
   public:
    virtual ~Producer() = default;
    virtual void on_room() = 0;       // after append() asked for a pause
    virtual void on_abandoned() = 0;  // nobody reads and nothing is kept: stop
  };

  // `loop`: the producer's.
  Transfer(net::Loop& loop, RetentionBudget& budget) : loop_(loop), budget_(budget) {}
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // ---- Producer; its loop only ----

  // Null: nobody hears any more.
  void set_producer(Producer* producer) { producer_ = producer; }
  // Whether the fetch goes on when nobody reads. True while an answer may still be stored.
  void keep_unattended(bool keep);
  void inform(std::string lines);  // a 1xx head; ignored beyond kMaxInformational
  void begin(ResponseHead head, Retention retention);
  enum class Appended : uint8_t { GoOn, Pause, NoRoom };
  // NoRoom: retained, but the budget is used up; nothing was appended: stop_retaining() first.
  Appended append(cache::SegmentRef segment);
  // From here on a window. Late readers must not be let in any more (FlightTable::close()).
  void stop_retaining();
  bool should_pause();
  // After begin().
  const ResponseHead& head() const { return *head_; }
  // Every segment of a retained transfer.
  std::vector<cache::SegmentRef> segments();
  void complete(std::string trailers);
  // `shared`: whether everybody who waits may have it, or only whoever asked.
  // `from_disk`: it was read there, no origin was asked.
  void confirm(cache::Pin object, bool shared = true, bool from_disk = false);
  void fail(UpstreamFailure failure);

  // ---- Any thread ----

  Phase phase() const;
  uint64_t received() const;
  uint64_t held() const;  // bytes kept at the moment
  size_t readers() const;

 private:
  friend class TransferReader;

  // A reader's place. Its position is guarded by the transfer's mutex; `reader` belongs to its
  // loop.
  struct Seat {
    net::Loop* loop = nullptr;
    TransferReader* reader = nullptr;
    size_t index = 0;     // in seats_
    size_t next = 0;      // absolute number of the segment to take next
    size_t informed = 0;  // 1xx heads taken
    bool woken = false;   // a wake-up is under way
  };
  using SeatPtr = std::shared_ptr<Seat>;

  void attach(const SeatPtr& seat);
  void detach(Seat& seat, net::Loop& here);
  void wake_all(std::unique_lock<std::mutex> lock);
  static void wake(const SeatPtr& seat, net::Loop& here);
  void move_seat(Seat& seat, size_t next);
  void drop_passed();
  bool drained_enough();
  void notify_producer(bool room, bool abandoned, net::Loop& here);
  bool abandoned() const;

  mutable std::mutex mutex_;
  net::Loop& loop_;
  Producer* producer_ = nullptr;  // producer's loop only
  RetentionBudget& budget_;

  Phase phase_ = Phase::Waiting;
  Retention retention_ = Retention::Window;
  bool unattended_ = false;
  bool paused_ = false;
  bool notice_room_ = false;  // a notice to the producer is under way
  bool notice_abandoned_ = false;
  std::optional<ResponseHead> head_;
  std::deque<cache::SegmentRef> segments_;
  std::deque<uint32_t> waiting_at_{0};  // seats whose next is base_ + i; one more than segments_
  size_t base_ = 0;                     // absolute number of segments_.front()
  uint64_t received_ = 0;
  uint64_t dropped_ = 0;
  uint64_t budgeted_ = 0;
  std::vector<std::string> informational_;
  std::string trailers_;
  cache::Pin object_;
  bool object_shared_ = true;
  bool object_from_disk_ = false;
  UpstreamFailure failure_;
  std::vector<SeatPtr> seats_;
};

// One reader of a transfer; lives and dies on one loop.
class TransferReader {
 public:
  class Sink {
   public:
    virtual ~Sink() = default;
    // Something changed since the last look. Never inside a call of the reader.
    virtual void on_transfer() = 0;
  };

  TransferReader(net::Loop& loop, Sink& sink) : loop_(loop), sink_(sink) {}
  ~TransferReader() { leave(); }
  TransferReader(const TransferReader&) = delete;
  TransferReader& operator=(const TransferReader&) = delete;

  // Begins at the first byte. The sink is woken if there is something to see already.
  void join(std::shared_ptr<Transfer> transfer);
  void leave();
  const Transfer* transfer() const { return transfer_.get(); }

  struct View {
    Transfer::Phase phase = Transfer::Phase::Waiting;
    const ResponseHead* head = nullptr;  // null until known; lives while the reader is joined
  };
  View look();

  // The next 1xx head, in order; false when there is none.
  bool take_informational(std::string& lines);

  struct Taken {
    size_t count = 0;
    Transfer::Phase phase = Transfer::Phase::Waiting;
    bool at_end = false;  // nothing is left of what has arrived
  };
  // The next segments, in order.
  Taken take(std::span<cache::SegmentRef> out);
  // Bytes that arrived and were not taken, if that is everything that will ever come.
  std::optional<uint64_t> rest() const;

  // Valid in the phase of their name.
  cache::Pin object() const;
  bool object_shared() const;
  bool object_from_disk() const;
  UpstreamFailure failure() const;
  std::string trailers() const;

 private:
  friend class Transfer;
  net::Loop& loop_;
  Sink& sink_;
  std::shared_ptr<Transfer> transfer_;
  Transfer::SeatPtr seat_;
};

}  // namespace atl::edge
