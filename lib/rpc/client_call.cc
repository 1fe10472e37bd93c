#include "lib/rpc/client_call.h"

#include <utility>

#include "lib/rpc/client_endpoint.h"
#include "lib/rpc/contract.h"
#include "lib/rpc/field_check.h"

namespace atl::rpc::client {
namespace {

// Request body bytes that wait for the stream: send_body() says no above the first, and
// on_request_writable() comes below the second.
constexpr size_t kRequestHigh = size_t{256} << 10;
constexpr size_t kRequestLow = size_t{64} << 10;

}  // namespace

Call::Call(std::shared_ptr<Shared> shared, Endpoint& endpoint, ExchangeObserver& observer,
           v1::RequestHead head, const char* problem)
    : shared_(std::move(shared)),
      endpoint_(endpoint),
      observer_(observer),
      id_(shared_->next_id++),
      head_(std::move(head)) {
  shared_->calls.emplace(id_, this);
  if (head_.has_body_length()) body_length_ = head_.body_length();
  wants_stream_ = !body_length_ || *body_length_ > kMultiplexBody;
  if (problem != nullptr) {
    fail_later({FailureReason::BadRequest, false, problem});
  } else if (wants_stream_ || *body_length_ == 0) {
    step_ = Step::Waiting;
    endpoint_.submit(*this);
  }
}

Call::~Call() {
  if (gone_ != nullptr) *gone_ = true;
  // A stream that was begun with a ticket may not have reached the origin yet.
  const bool by_id = step_ == Step::Multiplexed || (step_ == Step::Streaming && ticket_unanswered_);
  if (by_id) endpoint_.cancel(id_);
  if (step_ != Step::Over) leave();
}

void Call::leave() {
  if (std::exchange(step_, Step::Over) == Step::Multiplexed) endpoint_.left_multiplex();
  shared_->calls.erase(id_);
  if (stream_ == nullptr) return;
  // A complete response makes the rest of the request pointless; a complete exchange ends by
  // itself.
  if (!trailers_ || !request_done_) stream_->abandon();
  stream_.reset();
}

void Call::orphan() {
  if (step_ != Step::Over) leave();
}

// ---- request -------------------------------------------------------------------------------

bool Call::send_body(std::string_view bytes) {
  if (step_ == Step::Over || failure_ || request_trailers_) return true;
  body_sent_ += bytes.size();
  if (body_length_ && body_sent_ > *body_length_) {
    fail_later({FailureReason::BadRequest, false, "the request body is longer than announced"});
    return true;
  }
  request_body_.append(bytes);
  write_some();
  writable_owed_ = wants_stream_ && request_body_.size() >= kRequestHigh;
  return !writable_owed_;
}

void Call::end_body(std::string_view trailers) {
  if (step_ == Step::Over || failure_ || request_trailers_) return;
  if (body_length_ && body_sent_ != *body_length_) {
    return fail_later(
        {FailureReason::BadRequest, false, "the request body is shorter than announced"});
  }
  if (!valid_field_block(trailers)) {
    return fail_later({FailureReason::BadRequest, false, "the request trailers are malformed"});
  }
  request_trailers_ = trailers;
  if (step_ != Step::Collecting) return write_some();
  wants_stream_ = !trailers.empty();  // Multiplex has no place for request trailers
  step_ = Step::Waiting;
  endpoint_.submit(*this);
}

void Call::put_into(v1::MultiplexRequest::Open& open) {
  step_ = Step::Multiplexed;
  open.set_id(id_);
  *open.mutable_head() = std::move(head_);
  open.set_body(std::move(request_body_));
}

void Call::start_stream(std::shared_ptr<Http2Link> link) {
  step_ = Step::Streaming;
  stream_ = std::make_unique<ExchangeStream>(std::move(link), id_, shared_->inbox);
  v1::ExchangeRequest first;
  *first.mutable_head() = std::move(head_);
  writing_ = true;
  stream_->write(first, false);
  read_more();
}

void Call::write_some() {
  if (stream_ == nullptr || writing_ || request_done_) return;
  v1::ExchangeRequest message;
  if (request_body_.size() > kMaxChunk) {
    message.set_body(request_body_.substr(0, kMaxChunk));
    request_body_.erase(0, kMaxChunk);
  } else if (!request_body_.empty()) {
    message.set_body(std::move(request_body_));
    request_body_.clear();
  } else if (request_trailers_) {
    // Sent even when empty: a half-close alone would look the same as an edge that died.
    message.set_trailers(*request_trailers_);
    request_done_ = true;
  } else {
    return;
  }
  writing_ = true;
  stream_->write(message, request_done_);
}

void Call::on_written(bool ok) {
  writing_ = false;
  if (!ok) return;  // the reading side says why
  write_some();
  if (!writable_owed_ || request_body_.size() > kRequestLow) return;
  writable_owed_ = false;
  observer_.on_request_writable();
}

// ---- response ------------------------------------------------------------------------------

void Call::on_answer(v1::MultiplexResponse::Answer& answer) {
  if (step_ != Step::Multiplexed) return;
  if (!answer.resume().empty() &&
      (answer.resume().size() != kTicketBytes || !answer.part().has_head())) {
    breach("a ticket that is none");
    return;
  }
  if (!deliver(*answer.mutable_part()) || answer.resume().empty()) return;
  if (trailers_ || failure_) {
    breach("a ticket after the end");
    return;
  }
  v1::ExchangeRequest resume;
  resume.set_resume(std::move(*answer.mutable_resume()));
  endpoint_.left_multiplex();
  step_ = Step::Streaming;
  stream_ = std::make_unique<ExchangeStream>(endpoint_.body_link(), id_, shared_->inbox);
  ticket_unanswered_ = true;
  request_done_ = true;
  writing_ = true;
  stream_->write(resume, true);
  read_more();
}

void Call::on_message(v1::ExchangeResponse* message) {
  reading_ = false;
  ticket_unanswered_ = false;
  if (step_ != Step::Streaming) return;
  if (message == nullptr) {
    read_out_ = true;
    return;
  }
  if (deliver(*message->mutable_part())) read_more();
}

void Call::on_closed(const std::string& detail) {
  if (step_ != Step::Streaming || trailers_ || failure_) return;
  failure_ = {FailureReason::OriginUnreachable, true, detail};
  pump();
}

// True while the call is there and the exchange is not over.
template <class Function>
bool Call::call_observer(Function&& function) {
  bool gone = false;
  gone_ = &gone;
  function();
  if (gone) return false;
  gone_ = nullptr;
  return step_ != Step::Over;
}

bool Call::deliver(v1::ResponsePart& part) {
  for (const v1::InformationalHead& head : part.informational()) {
    if (head_seen_ || head.status() < 102 || head.status() > 199 ||
        !valid_field_block(head.fields())) {
      return breach("an informational response that is none");
    }
    if (!call_observer([&] {
          observer_.on_informational(static_cast<uint16_t>(head.status()), head.fields());
        })) {
      return false;
    }
  }
  if (part.has_head() && !deliver_head(part.head())) return false;
  if (!part.body().empty() && !take_body(std::move(*part.mutable_body()))) return false;
  if (part.has_end() && !take_end(std::move(*part.mutable_end()->mutable_trailers()))) return false;
  if (part.has_failure() && !failure_ && !trailers_) failure_ = from_proto(part.failure());
  return pump();
}

bool Call::deliver_head(const v1::ResponseHead& head) {
  if (head_seen_ || head.status() < 200 || head.status() > 999 || !valid_reason(head.reason()) ||
      !valid_field_block(head.fields())) {
    return breach("a response head that is none");
  }
  head_seen_ = true;
  if (head.has_body_length()) expected_ = head.body_length();
  const ExchangeResponseHead view{static_cast<uint16_t>(head.status()), head.reason(),
                                  head.fields(), expected_, head.answered_by()};
  return call_observer([&] { observer_.on_head(view); });
}

bool Call::take_body(std::string chunk) {
  if (!head_seen_ || trailers_ || failure_) return breach("a body out of place");
  received_ += chunk.size();
  if (expected_ && received_ > *expected_) return breach("a body longer than announced");
  body_.push_back(std::move(chunk));
  return true;
}

bool Call::take_end(std::string trailers) {
  if (!head_seen_ || trailers_ || failure_ || !valid_field_block(trailers)) {
    return breach("an end that is none");
  }
  if (expected_ && received_ != *expected_) return breach("a body shorter than announced");
  trailers_ = std::move(trailers);
  return true;
}

// Gives the observer what it may have now.
bool Call::pump() {
  while (!body_.empty()) {
    if (paused_) return true;
    std::string chunk = std::move(body_.front());
    body_.pop_front();
    if (!call_observer([&] { observer_.on_body(std::move(chunk)); })) return false;
  }
  if (trailers_) {
    const std::string trailers = *trailers_;
    leave();
    observer_.on_end(trailers);
    return false;
  }
  if (failure_) {
    fail(std::move(*failure_));
    return false;
  }
  return true;
}

bool Call::breach(const char* what) {
  if (step_ == Step::Multiplexed) endpoint_.cancel(id_);
  body_.clear();
  trailers_.reset();
  fail({FailureReason::Protocol, true, std::string("the origin sent ") + what});
  return false;
}

void Call::fail(ExchangeFailure failure) {
  leave();
  observer_.on_failure(failure);
}

void Call::fail_later(ExchangeFailure failure) {
  if (!failure_) failure_ = std::move(failure);
  pump_later();
}

void Call::resume() {
  if (!std::exchange(paused_, false) || step_ == Step::Over) return;
  if (!body_.empty() || trailers_ || failure_) {
    pump_later();
  } else {
    read_more();
  }
}

void Call::pump_later() {
  if (std::exchange(pump_posted_, true)) return;
  shared_->loop.post([weak = std::weak_ptr<Shared>(shared_), id = id_] {
    const std::shared_ptr<Shared> shared = weak.lock();
    Call* call = shared == nullptr ? nullptr : shared->find(id);
    if (call == nullptr) return;
    call->pump_posted_ = false;
    if (call->pump()) call->read_more();
  });
}

void Call::read_more() {
  if (stream_ == nullptr || reading_ || read_out_ || paused_ || !body_.empty()) return;
  reading_ = true;
  stream_->read();
}

}  // namespace atl::rpc::client
