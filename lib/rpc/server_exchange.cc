#include "lib/rpc/server_exchange.h"

#include <algorithm>
#include <utility>

#include "lib/base/check.h"
#include "lib/rpc/contract.h"
#include "lib/rpc/field_check.h"

namespace atl::rpc {
namespace {

// Response body bytes queued for an Exchange stream: the source waits above the first, goes on
// below the second.
constexpr size_t kHigh = size_t{256} << 10;
constexpr size_t kLow = size_t{128} << 10;
// Pieces are gathered into messages of about this size; a reader that pauses holds at most one.
constexpr size_t kMessage = size_t{64} << 10;

// Informational responses that wait to be taken.
constexpr size_t kMostInformational = 16;

MonoTime now() { return std::chrono::steady_clock::now(); }

}  // namespace

std::shared_ptr<ServerExchange> ServerExchange::create(std::shared_ptr<ServerCore> core,
                                                       std::shared_ptr<Carrier> carrier,
                                                       uint64_t id, Begin begin) {
  if (core->stopping || core->exchanges >= core->options.exchanges) return nullptr;
  return std::make_shared<ServerExchange>(std::move(core), std::move(carrier), id, begin);
}

ServerExchange::ServerExchange(std::shared_ptr<ServerCore> core, std::shared_ptr<Carrier> carrier,
                               uint64_t id, Begin begin)
    : core_(std::move(core)),
      id_(id),
      carrier_(std::move(carrier)),
      step_(begin == Begin::Collecting ? Step::Collecting : Step::Streaming) {
  ++core_->exchanges;
}

ServerExchange::~ServerExchange() {
  if (armed_ != 0) core_->deadlines.remove(armed_for_, armed_);
  --core_->exchanges;
}

void ServerExchange::begin(std::shared_ptr<const OriginRequest> request, std::string body) {
  {
    const std::lock_guard lock(mutex_);
    request_length_ = request->body_length;
    head_timeout_ = request->head_timeout;
    if (head_timeout_.count() > 0) head_until_ = now() + head_timeout_;
    if (request->timeout.count() > 0) total_until_ = now() + request->timeout;
    if (step_ == Step::Collecting) {  // all of it is here
      request_received_ = body.size();
      if (!body.empty()) request_body_.push_back(std::move(body));
      request_ended_.emplace();
    } else if (!request->has_body()) {
      request_ended_.emplace();
    }
  }
  std::shared_ptr<ExchangeHandler> handler =
      core_->service.open(std::move(request), shared_from_this());

  Lock lock(mutex_);
  begun_ = true;
  rearm();
  if (step_ == Step::Over || cancelled_ || complete()) {
    const bool stop = cancelled_;
    lock.unlock();
    if (stop && handler != nullptr) handler->on_cancel();
    return;
  }
  handler_ = std::move(handler);
  pass_request(lock);
  // A stream may have made room while the source was still beginning; it was not told then.
  lock.lock();
  if (blocked_ && step_ == Step::Streaming && queued_ <= kLow && handler_ != nullptr) {
    blocked_ = false;
    const std::shared_ptr<ExchangeHandler> waiting = handler_;
    lock.unlock();
    waiting->on_writable();
  }
}

// ---- the source answers --------------------------------------------------------------------

void ServerExchange::inform(uint16_t status, std::string_view fields) {
  Lock lock(mutex_);
  if (step_ == Step::Over || head_seen_ || complete()) return;
  if (status < 102 || status > 199 || !valid_field_block(fields) ||
      informational_.size() >= kMostInformational) {
    return break_off(lock, {FailureReason::Protocol, request_sent_,
                            "the source gave a malformed informational response or too many"});
  }
  informational_.push_back({status, std::string(fields)});
  tell_carrier(lock);
}

bool ServerExchange::head(OriginResponse response) {
  Lock lock(mutex_);
  if (step_ == Step::Over || head_seen_ || complete()) return false;
  if (response.status < 200 || response.status > 999 || !valid_reason(response.reason) ||
      !valid_field_block(response.fields)) {
    break_off(lock, {FailureReason::Protocol, request_sent_,
                     "the source gave a malformed response head"});
    return false;
  }
  head_seen_ = true;
  head_until_.reset();
  const bool large = response.body_length.value_or(0) > kMultiplexBody;
  head_ = std::move(response);
  if (step_ == Step::Collecting) {
    if (large) {
      blocked_ = true;
      park();
      tell_carrier(lock);
      return false;
    }
    collect_until_ = now() + core_->options.collect_time;
    rearm();
    return true;
  }
  rearm();
  tell_carrier(lock);
  return true;
}

bool ServerExchange::write(std::string piece) {
  Lock lock(mutex_);
  if (step_ == Step::Over || !head_seen_ || complete()) return false;
  queued_ += piece.size();
  if (!piece.empty()) body_.push_back(std::move(piece));
  if (step_ == Step::Collecting && queued_ > kMultiplexBody) {
    park();
    blocked_ = true;
    tell_carrier(lock);
    return false;
  }
  blocked_ = step_ == Step::Parked || queued_ >= kHigh;
  const bool room = !blocked_;
  if (step_ == Step::Streaming) tell_carrier(lock);
  return room;
}

void ServerExchange::end(std::string trailers) {
  Lock lock(mutex_);
  if (step_ == Step::Over || !head_seen_ || complete()) return;
  if (!valid_field_block(trailers)) {
    return break_off(
        lock, {FailureReason::Protocol, request_sent_, "the source gave malformed trailers"});
  }
  ended_ = std::move(trailers);
  head_until_.reset();
  total_until_.reset();
  collect_until_.reset();
  rearm();
  const std::shared_ptr<ExchangeHandler> done = std::move(handler_);
  tell_carrier(lock);
}

void ServerExchange::fail(ExchangeFailure failure) {
  Lock lock(mutex_);
  if (step_ == Step::Over || complete()) return;
  failure_ = std::move(failure);
  head_until_.reset();
  total_until_.reset();
  collect_until_.reset();
  rearm();
  const std::shared_ptr<ExchangeHandler> done = std::move(handler_);
  tell_carrier(lock);
}

void ServerExchange::request_sent() {
  const std::lock_guard lock(mutex_);
  request_sent_ = true;
}

// Collected too much or for too long: the response waits behind a ticket.
void ServerExchange::park() {
  collect_until_.reset();
  ticket_ = core_->tickets.issue(shared_from_this());
  if (ticket_.empty()) {
    failure_ = {FailureReason::Overloaded, request_sent_, "too many responses wait to be resumed"};
    cancelled_ = true;  // tell_carrier() stops the source
    return;
  }
  step_ = Step::Parked;
  hand_over_ = true;
  ticket_until_ = now() + core_->options.ticket_life;
  rearm();
}

void ServerExchange::tell_carrier(Lock& lock) {
  const std::shared_ptr<Carrier> carrier = carrier_;
  const bool tell = step_ != Step::Parked || hand_over_;
  const std::shared_ptr<ExchangeHandler> stopped = cancelled_ ? std::move(handler_) : nullptr;
  lock.unlock();
  if (stopped != nullptr) stopped->on_cancel();
  if (tell && carrier != nullptr) carrier->ready(shared_from_this());
}

void ServerExchange::stop_handler(Lock& lock) {
  cancelled_ = true;
  const std::shared_ptr<ExchangeHandler> handler = std::move(handler_);
  lock.unlock();
  if (handler != nullptr) handler->on_cancel();
}

void ServerExchange::break_off(Lock& lock, ExchangeFailure failure) {
  failure_ = std::move(failure);
  cancelled_ = true;
  head_until_.reset();
  total_until_.reset();
  collect_until_.reset();
  rearm();
  tell_carrier(lock);
}

// ---- the carrier takes ---------------------------------------------------------------------

void ServerExchange::put_informational(v1::ResponsePart& part) {
  for (Informational& head : informational_) {
    v1::InformationalHead& out = *part.add_informational();
    out.set_status(head.status);
    out.set_fields(std::move(head.fields));
  }
  informational_.clear();
}

void ServerExchange::put_head(v1::ResponsePart& part) {
  v1::ResponseHead& out = *part.mutable_head();
  out.set_status(head_->status);
  out.set_reason(std::move(head_->reason));
  out.set_fields(std::move(head_->fields));
  if (head_->body_length) out.set_body_length(*head_->body_length);
  out.set_answered_by(printable(head_->answered_by));
  head_.reset();
}

ServerExchange::Taken ServerExchange::take(v1::MultiplexResponse::Answer& answer) {
  const std::lock_guard lock(mutex_);
  answer.set_id(id_);
  v1::ResponsePart& part = *answer.mutable_part();
  if (hand_over_) {
    hand_over_ = false;
    put_informational(part);
    put_head(part);
    answer.set_resume(ticket_);
    carrier_.reset();
    return {true, true};
  }
  if (step_ != Step::Collecting) return {};
  const bool informs = !informational_.empty();
  if (!complete()) {
    put_informational(part);
    return {informs, false};
  }
  step_ = Step::Over;
  if (failure_) {
    // Nothing of the head has left: without it the edge is free to try elsewhere.
    to_proto(*failure_, *part.mutable_failure());
  } else {
    put_informational(part);
    put_head(part);
    std::string& body = *part.mutable_body();
    for (std::string& piece : body_) {
      if (body.empty()) {
        body = std::move(piece);
      } else {
        body += piece;
      }
    }
    part.mutable_end()->set_trailers(std::move(*ended_));
  }
  body_.clear();
  carrier_.reset();
  return {true, true};
}

ServerExchange::Taken ServerExchange::take(v1::ResponsePart& part) {
  Lock lock(mutex_);
  if (step_ != Step::Streaming) return {};
  Taken taken;
  taken.any = !informational_.empty();
  put_informational(part);
  if (head_ && failure_) {
    // As on Multiplex: a failure before anything left stands alone.
    head_.reset();
    body_.clear();
  } else if (head_) {
    put_head(part);
    taken.any = true;
  }
  std::string& body = *part.mutable_body();
  while (!body_.empty() && (body.empty() || body.size() + body_.front().size() <= kMessage)) {
    queued_ -= body_.front().size();
    if (body.empty()) {
      body = std::move(body_.front());
    } else {
      body += body_.front();
    }
    body_.pop_front();
    taken.any = true;
  }
  if (body_.empty() && complete()) {
    if (ended_) {
      part.mutable_end()->set_trailers(std::move(*ended_));
    } else {
      to_proto(*failure_, *part.mutable_failure());
    }
    step_ = Step::Over;
    carrier_.reset();
    return {true, true};
  }
  if (blocked_ && queued_ <= kLow && handler_ != nullptr) {
    blocked_ = false;
    const std::shared_ptr<ExchangeHandler> handler = handler_;
    lock.unlock();
    handler->on_writable();
  }
  return taken;
}

bool ServerExchange::attach(std::shared_ptr<Carrier> carrier) {
  Lock lock(mutex_);
  if (step_ != Step::Parked) return false;
  step_ = Step::Streaming;
  carrier_ = std::move(carrier);
  ticket_until_.reset();
  rearm();
  std::shared_ptr<ExchangeHandler> handler;
  if (blocked_ && queued_ <= kLow && handler_ != nullptr) {
    blocked_ = false;
    handler = handler_;
  }
  tell_carrier(lock);
  if (handler != nullptr) handler->on_writable();
  return true;
}

void ServerExchange::cancel() {
  const std::shared_ptr<ServerExchange> self = shared_from_this();  // the ticket may be the last
  Lock lock(mutex_);
  if (step_ == Step::Over) return;
  step_ = Step::Over;
  carrier_.reset();
  body_.clear();
  if (!ticket_.empty()) core_->tickets.redeem(ticket_);
  stop_handler(lock);
}

void ServerExchange::carrier_gone() {
  {
    const std::lock_guard lock(mutex_);
    if (step_ == Step::Parked && !hand_over_) return;
  }
  cancel();
}

// ---- request body --------------------------------------------------------------------------

void ServerExchange::read_body() {
  Lock lock(mutex_);
  if (step_ == Step::Over || complete()) return;
  body_wanted_ = true;
  if (!request_body_.empty() || request_ended_) return pass_request(lock);
  const std::shared_ptr<Carrier> carrier = carrier_;
  lock.unlock();
  if (carrier != nullptr) carrier->want_body();
}

void ServerExchange::pass_request(Lock& lock) {
  const std::shared_ptr<ExchangeHandler> handler = handler_;
  if (!body_wanted_ || handler == nullptr || (request_body_.empty() && !request_ended_)) {
    return lock.unlock();
  }
  body_wanted_ = false;
  if (!request_body_.empty()) {
    std::string piece = std::move(request_body_.front());
    request_body_.pop_front();
    lock.unlock();
    handler->on_body(std::move(piece));
  } else {
    std::string trailers = *request_ended_;
    lock.unlock();
    handler->on_body_end(std::move(trailers));
  }
}

void ServerExchange::request_body(std::string piece) {
  Lock lock(mutex_);
  if (step_ == Step::Over || complete()) return;
  request_received_ += piece.size();
  if (request_ended_ || piece.empty() || piece.size() > kMaxChunk ||
      (request_length_ && request_received_ > *request_length_)) {
    return break_off(lock, {FailureReason::BadRequest, request_sent_,
                            "a piece of the request body is out of place"});
  }
  request_body_.push_back(std::move(piece));
  if (head_until_) {  // a long upload is no slow head
    head_until_ = now() + head_timeout_;
    rearm();
  }
  pass_request(lock);
}

void ServerExchange::request_end(std::string trailers) {
  Lock lock(mutex_);
  if (step_ == Step::Over || complete()) return;
  if (request_ended_ || !valid_field_block(trailers) ||
      (request_length_ && request_received_ != *request_length_)) {
    return break_off(lock, {FailureReason::BadRequest, request_sent_,
                            "the request body is shorter than announced or ends wrongly"});
  }
  request_ended_ = std::move(trailers);
  pass_request(lock);
}

void ServerExchange::request_cut() {
  Lock lock(mutex_);
  if (step_ == Step::Over || complete() || request_ended_) return;
  break_off(lock, {FailureReason::BadRequest, request_sent_, "the request body was cut off"});
}

// ---- time ----------------------------------------------------------------------------------

std::optional<MonoTime> ServerExchange::next_deadline() const {
  std::optional<MonoTime> first;
  for (const auto& until : {head_until_, total_until_, collect_until_, ticket_until_}) {
    if (until && (!first || *until < *first)) first = until;
  }
  return first;
}

void ServerExchange::rearm() {
  if (!begun_) return;  // most answers are complete before begin() ends, and need no timer
  const std::optional<MonoTime> next = step_ == Step::Over ? std::nullopt : next_deadline();
  if (armed_ != 0) {
    if (next == armed_for_) return;
    core_->deadlines.remove(armed_for_, armed_);
    armed_ = 0;
  }
  if (!next) return;
  armed_for_ = *next;
  armed_ = core_->deadlines.add(armed_for_, weak_from_this());
}

void ServerExchange::on_deadline() {
  Lock lock(mutex_);
  armed_ = 0;
  if (step_ == Step::Over) return;
  const MonoTime time = now();
  if (ticket_until_ && *ticket_until_ <= time) {
    lock.unlock();
    return cancel();  // nobody came
  }
  if (total_until_ && *total_until_ <= time) {
    return break_off(lock, {head_seen_ ? FailureReason::BodyTimeout : FailureReason::HeadTimeout,
                            request_sent_, "the exchange took longer than it may"});
  }
  if (head_until_ && *head_until_ <= time) {
    return break_off(lock, {FailureReason::HeadTimeout, request_sent_, "no response head in time"});
  }
  if (collect_until_ && *collect_until_ <= time) {
    park();
    return tell_carrier(lock);
  }
  rearm();
}

}  // namespace atl::rpc
