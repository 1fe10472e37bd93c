#include "edge/fetch/transfer.h"

#include <algorithm>
#include <utility>

#include "lib/base/check.h"

namespace atl::edge {
namespace {

// Runs `task` soon on `target`. `here` is the loop of the calling thread: on the same loop the end
// of the turn is soon enough and costs no system call.
template <class Task>
void run_soon(net::Loop& target, net::Loop& here, Task task) {
  if (&target == &here) {
    target.at_turn_end(std::move(task));
  } else {
    target.post(std::move(task));
  }
}

}  // namespace

Transfer::~Transfer() { budget_.give_back(budgeted_); }

void Transfer::keep_unattended(bool keep) {
  const std::lock_guard lock(mutex_);
  unattended_ = keep;
  if (abandoned()) notify_producer(false, true, loop_);
}

void Transfer::inform(std::string lines) {
  std::unique_lock lock(mutex_);
  if (phase_ != Phase::Waiting || informational_.size() >= kMaxInformational) return;
  informational_.push_back(std::move(lines));
  wake_all(std::move(lock));
}

void Transfer::begin(ResponseHead head, Retention retention) {
  std::unique_lock lock(mutex_);
  ATOLL_CHECK(phase_ == Phase::Waiting);
  head_ = std::move(head);
  retention_ = retention;
  phase_ = Phase::Streaming;
  unattended_ = retention == Retention::Retain;
  if (abandoned()) notify_producer(false, true, loop_);
  wake_all(std::move(lock));
}

Transfer::Appended Transfer::append(cache::SegmentRef segment) {
  std::unique_lock lock(mutex_);
  ATOLL_CHECK(phase_ == Phase::Streaming);
  const size_t size = segment->bytes().size();
  if (size == 0) return Appended::GoOn;
  if (retention_ == Retention::Retain) {
    if (!budget_.take(size)) return Appended::NoRoom;
    budgeted_ += size;
  }
  received_ += size;
  segments_.push_back(std::move(segment));
  waiting_at_.push_back(0);
  drop_passed();
  paused_ = retention_ == Retention::Window && received_ - dropped_ > kWindow;
  const Appended result = paused_ ? Appended::Pause : Appended::GoOn;
  wake_all(std::move(lock));
  return result;
}

void Transfer::stop_retaining() {
  const std::lock_guard lock(mutex_);
  retention_ = Retention::Window;
  unattended_ = false;
  drop_passed();
  if (abandoned()) notify_producer(false, true, loop_);
}

bool Transfer::should_pause() {
  const std::lock_guard lock(mutex_);
  paused_ = retention_ == Retention::Window && received_ - dropped_ > kWindow;
  return paused_;
}

std::vector<cache::SegmentRef> Transfer::segments() {
  const std::lock_guard lock(mutex_);
  return {segments_.begin(), segments_.end()};
}

void Transfer::complete(std::string trailers) {
  std::unique_lock lock(mutex_);
  phase_ = Phase::Complete;
  trailers_ = std::move(trailers);
  // What is kept from now on is kept for readers that are there already, or belongs to the store.
  budget_.give_back(std::exchange(budgeted_, 0));
  retention_ = Retention::Window;
  drop_passed();
  wake_all(std::move(lock));
}

void Transfer::confirm(cache::Pin object, bool shared, bool from_disk) {
  std::unique_lock lock(mutex_);
  phase_ = Phase::Object;
  object_ = std::move(object);
  object_shared_ = shared;
  object_from_disk_ = from_disk;
  wake_all(std::move(lock));
}

void Transfer::fail(UpstreamFailure failure) {
  std::unique_lock lock(mutex_);
  phase_ = Phase::Failed;
  failure_ = std::move(failure);
  retention_ = Retention::Window;
  drop_passed();
  wake_all(std::move(lock));
}

Transfer::Phase Transfer::phase() const {
  const std::lock_guard lock(mutex_);
  return phase_;
}

uint64_t Transfer::received() const {
  const std::lock_guard lock(mutex_);
  return received_;
}

uint64_t Transfer::held() const {
  const std::lock_guard lock(mutex_);
  return received_ - dropped_;
}

size_t Transfer::readers() const {
  const std::lock_guard lock(mutex_);
  return seats_.size();
}

bool Transfer::abandoned() const {
  const bool under_way = phase_ == Phase::Waiting || phase_ == Phase::Streaming;
  return under_way && !unattended_ && seats_.empty();
}

void Transfer::attach(const SeatPtr& seat) {
  const std::lock_guard lock(mutex_);
  seat->index = seats_.size();
  seat->next = base_;
  seats_.push_back(seat);
  ++waiting_at_.front();
  if (phase_ != Phase::Waiting || !informational_.empty()) {
    seat->woken = true;
    wake(seat, *seat->loop);
  }
}

void Transfer::detach(Seat& seat, net::Loop& here) {
  const std::lock_guard lock(mutex_);
  --waiting_at_[seat.next - base_];
  SeatPtr& place = seats_[seat.index];
  if (seat.index + 1 != seats_.size()) {
    place = std::move(seats_.back());
    place->index = seat.index;
  }
  seats_.pop_back();
  drop_passed();
  notify_producer(drained_enough(), abandoned(), here);
}

// A seat is woken once until it has looked: a fast producer does not flood a busy loop.
void Transfer::wake_all(std::unique_lock<std::mutex> lock) {
  std::vector<SeatPtr> sleepers;
  for (const SeatPtr& seat : seats_) {
    if (std::exchange(seat->woken, true)) continue;
    sleepers.push_back(seat);
  }
  lock.unlock();
  for (const SeatPtr& seat : sleepers) wake(seat, loop_);
}

void Transfer::wake(const SeatPtr& seat, net::Loop& here) {
  run_soon(*seat->loop, here, [seat] {
    if (seat->reader != nullptr) seat->reader->sink_.on_transfer();
  });
}

void Transfer::move_seat(Seat& seat, size_t next) {
  --waiting_at_[seat.next - base_];
  ++waiting_at_[next - base_];
  seat.next = next;
}

void Transfer::drop_passed() {
  if (retention_ == Retention::Retain) return;
  while (!segments_.empty() && waiting_at_.front() == 0) {
    const size_t size = segments_.front()->bytes().size();
    const uint64_t returned = std::min<uint64_t>(size, budgeted_);
    budgeted_ -= returned;
    budget_.give_back(returned);
    dropped_ += size;
    segments_.pop_front();
    waiting_at_.pop_front();
    ++base_;
  }
}

bool Transfer::drained_enough() { return paused_ && received_ - dropped_ <= kWindow / 2; }

void Transfer::notify_producer(bool room, bool gone, net::Loop& here) {
  if (room) paused_ = false;
  const bool tell_room = room && !std::exchange(notice_room_, true);
  const bool tell_gone = gone && !std::exchange(notice_abandoned_, true);
  if (!tell_room && !tell_gone) return;
  run_soon(loop_, here, [self = shared_from_this(), tell_gone] {
    bool still_abandoned = false;
    {
      const std::lock_guard lock(self->mutex_);
      if (tell_gone) {
        self->notice_abandoned_ = false;
        still_abandoned = self->abandoned();
      }
      self->notice_room_ = false;
    }
    if (self->producer_ == nullptr) return;
    if (still_abandoned) return self->producer_->on_abandoned();
    self->producer_->on_room();
  });
}

void TransferReader::join(std::shared_ptr<Transfer> transfer) {
  leave();
  transfer_ = std::move(transfer);
  seat_ = std::make_shared<Transfer::Seat>();
  seat_->loop = &loop_;
  seat_->reader = this;
  transfer_->attach(seat_);
}

void TransferReader::leave() {
  if (transfer_ == nullptr) return;
  seat_->reader = nullptr;
  transfer_->detach(*seat_, loop_);
  seat_ = nullptr;
  transfer_ = nullptr;
}

TransferReader::View TransferReader::look() {
  const std::lock_guard lock(transfer_->mutex_);
  seat_->woken = false;
  return {transfer_->phase_, transfer_->head_ ? &*transfer_->head_ : nullptr};
}

bool TransferReader::take_informational(std::string& lines) {
  const std::lock_guard lock(transfer_->mutex_);
  if (seat_->informed == transfer_->informational_.size()) return false;
  lines = transfer_->informational_[seat_->informed++];
  return true;
}

TransferReader::Taken TransferReader::take(std::span<cache::SegmentRef> out) {
  Transfer& t = *transfer_;
  const std::lock_guard lock(t.mutex_);
  seat_->woken = false;
  const size_t first = seat_->next - t.base_;
  const size_t count = std::min(out.size(), t.segments_.size() - first);
  for (size_t i = 0; i < count; ++i) out[i] = t.segments_[first + i];
  if (count != 0) {
    t.move_seat(*seat_, seat_->next + count);
    t.drop_passed();
    t.notify_producer(t.drained_enough(), false, loop_);
  }
  return {count, t.phase_, seat_->next - t.base_ == t.segments_.size()};
}

std::optional<uint64_t> TransferReader::rest() const {
  const Transfer& t = *transfer_;
  const std::lock_guard lock(t.mutex_);
  if (t.phase_ != Transfer::Phase::Complete) return std::nullopt;
  uint64_t bytes = 0;
  for (size_t i = seat_->next - t.base_; i < t.segments_.size(); ++i) {
    bytes += t.segments_[i]->bytes().size();
  }
  return bytes;
}

bool TransferReader::object_shared() const {
  const std::lock_guard lock(transfer_->mutex_);
  return transfer_->object_shared_;
}

bool TransferReader::object_from_disk() const {
  const std::lock_guard lock(transfer_->mutex_);
  return transfer_->object_from_disk_;
}

cache::Pin TransferReader::object() const {
  const std::lock_guard lock(transfer_->mutex_);
  return transfer_->object_;
}

UpstreamFailure TransferReader::failure() const {
  const std::lock_guard lock(transfer_->mutex_);
  return transfer_->failure_;
}

std::string TransferReader::trailers() const {
  const std::lock_guard lock(transfer_->mutex_);
  return transfer_->trailers_;
}

}  // namespace atl::edge
