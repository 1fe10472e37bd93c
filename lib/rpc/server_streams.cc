#include "lib/rpc/server_streams.h"

#include <utility>

#include "lib/http/chars.h"
#include "lib/rpc/contract.h"
#include "lib/rpc/field_check.h"

namespace atl::rpc {
namespace {

// Answers that may wait for the stream before the next requests are read.
constexpr size_t kAnswersWaiting = 1024;

const char* find_breach(const v1::RequestHead& head) {
  if (!http::is_token(head.method())) return "the method is not a token";
  if (!head.scheme().empty() && head.scheme() != "http" && head.scheme() != "https") {
    return "the scheme is unknown";
  }
  if (!valid_target(head.target())) return "the request target is malformed";
  if (!valid_authority(head.authority())) return "the authority is malformed";
  if (!valid_field_block(head.fields())) return "the request fields are malformed";
  return nullptr;
}

// After its first operations were begun. Revoked since it was admitted: the list was gone through
// before it was on it.
void stay(const std::shared_ptr<Guest>& guest, const ServerCore& core,
          std::shared_ptr<const trust::Caller> caller, Guests::Stay& out) {
  out = core.guests->enter(caller, guest);
  if (core.guests->admission().objection(*caller) != nullptr) guest->evict();
}

std::chrono::milliseconds or_default(uint32_t given, std::chrono::milliseconds fallback) {
  return given == 0 ? fallback : std::chrono::milliseconds(given);
}

}  // namespace

std::shared_ptr<const OriginRequest> decode(v1::RequestHead head, const ServerOptions& options,
                                            ExchangeFailure& failure) {
  if (const char* breach = find_breach(head)) {
    failure = {FailureReason::BadRequest, false, breach};
    return nullptr;
  }
  auto out = std::make_shared<OriginRequest>();
  out->source = std::move(*head.mutable_source());
  out->method = std::move(*head.mutable_method());
  out->scheme = head.scheme().empty() ? "http" : std::move(*head.mutable_scheme());
  out->authority = std::move(*head.mutable_authority());
  out->target = std::move(*head.mutable_target());
  out->fields = std::move(*head.mutable_fields());
  out->body_length = head.has_body_length() ? std::optional(head.body_length()) : std::nullopt;
  out->client_address = std::move(*head.mutable_client_address());
  out->traceparent = std::move(*head.mutable_traceparent());
  out->request_id = std::move(*head.mutable_request_id());
  out->purge = head.purge();
  out->configuration = head.configuration();
  out->timeout = or_default(head.timeout_ms(), options.timeout);
  out->head_timeout = or_default(head.head_timeout_ms(), options.head_timeout);
  return out;
}

// ---- Multiplex -----------------------------------------------------------------------------

std::shared_ptr<MuxReactor> MuxReactor::start(std::shared_ptr<ServerCore> core,
                                              std::shared_ptr<const trust::Caller> caller) {
  auto reactor = std::make_shared<MuxReactor>(std::move(core));
  reactor->self_ = reactor;
  v1::MultiplexResponse::Limits& limits = *reactor->outgoing_.mutable_limits();
  limits.set_open(reactor->core_->options.open_per_stream);
  limits.set_body(kMultiplexBody);
  limits.set_resume_ms(static_cast<uint32_t>(reactor->core_->options.ticket_life.count()));
  limits.set_instance(reactor->core_->instance);
  reactor->StartWrite(&reactor->outgoing_);
  reactor->StartRead(&reactor->incoming_);
  if (caller != nullptr) stay(reactor, *reactor->core_, std::move(caller), reactor->stay_);
  return reactor;
}

void MuxReactor::OnReadDone(bool ok) {
  if (!ok) return break_off();
  {
    const std::lock_guard lock(mutex_);
    corked_ = true;
  }
  for (const uint64_t id : incoming_.cancel()) cancel(id);
  for (v1::MultiplexRequest::Open& each : *incoming_.mutable_open()) open(each);
  {
    const std::lock_guard lock(mutex_);
    corked_ = false;
    read_or_hold();
  }
  pump();
}

void MuxReactor::read_or_hold() {
  if (finished_ || broken_) return;
  read_held_ = ready_.size() + refusals_.size() > kAnswersWaiting;
  if (!read_held_) StartRead(&incoming_);
}

void MuxReactor::open(v1::MultiplexRequest::Open& open) {
  const uint64_t id = open.id();
  ExchangeFailure failure;
  if (!open.head().has_body_length()) open.mutable_head()->set_body_length(open.body().size());
  auto request = decode(std::move(*open.mutable_head()), core_->options, failure);
  if (request == nullptr) return refuse(id, std::move(failure));
  if (id == 0 || open.body().size() > kMultiplexBody ||
      *request->body_length != open.body().size()) {
    return refuse(id, {FailureReason::BadRequest, false, "the exchange's id or body is not valid"});
  }
  std::shared_ptr<ServerExchange> exchange;
  {
    const std::lock_guard lock(mutex_);
    if (broken_) return;
    if (!draining_ && open_.size() < core_->options.open_per_stream && !open_.contains(id)) {
      exchange =
          ServerExchange::create(core_, shared_from_this(), id, ServerExchange::Begin::Collecting);
    }
    if (exchange != nullptr) open_.emplace(id, exchange);
  }
  if (exchange == nullptr) {
    return refuse(id, {FailureReason::Overloaded, false, "the origin takes no more exchanges now"});
  }
  exchange->begin(std::move(request), std::move(*open.mutable_body()));
}

void MuxReactor::refuse(uint64_t id, ExchangeFailure failure) {
  const std::lock_guard lock(mutex_);
  v1::MultiplexResponse::Answer& answer = refusals_.emplace_back();
  answer.set_id(id);
  to_proto(failure, *answer.mutable_part()->mutable_failure());
}

void MuxReactor::cancel(uint64_t id) {
  std::shared_ptr<ServerExchange> exchange;
  {
    const std::lock_guard lock(mutex_);
    if (const auto it = open_.find(id); it != open_.end()) {
      exchange = std::move(it->second);
      open_.erase(it);
    } else if (const auto waiting = parked_.find(id); waiting != parked_.end()) {
      exchange = waiting->second.lock();
      parked_.erase(waiting);
    }
  }
  if (exchange != nullptr) exchange->cancel();
}

void MuxReactor::ready(const std::shared_ptr<ServerExchange>& exchange) {
  {
    const std::lock_guard lock(mutex_);
    if (broken_ || finished_) return;
    ready_.push_back(exchange);
    if (corked_ || writing_) return;
  }
  pump();
}

// Writes everything that is ready, one message at a time.
void MuxReactor::pump() {
  std::vector<std::shared_ptr<ServerExchange>> taken;
  {
    const std::lock_guard lock(mutex_);
    if (writing_ || corked_ || broken_ || finished_) return;
    if (ready_.empty() && refusals_.empty()) return finish_if_over();
    writing_ = true;
    taken.swap(ready_);
  }
  outgoing_.Clear();
  const bool any = fill(outgoing_, std::move(taken));
  const std::lock_guard lock(mutex_);
  if (finished_) return;
  if (any && !broken_) return StartWrite(&outgoing_);
  writing_ = false;
  finish_if_over();
}

bool MuxReactor::fill(v1::MultiplexResponse& message,
                      std::vector<std::shared_ptr<ServerExchange>> taken) {
  size_t bytes = 0;
  size_t next = 0;
  std::vector<std::pair<std::shared_ptr<ServerExchange>, bool>> over;  // and whether it is parked
  for (; next < taken.size() && bytes < kBatchBytes; ++next) {
    v1::MultiplexResponse::Answer& answer = *message.add_answer();
    const ServerExchange::Taken result = taken[next]->take(answer);
    if (!result.any) {
      message.mutable_answer()->RemoveLast();
      continue;
    }
    bytes += answer.ByteSizeLong();
    if (result.last) over.emplace_back(std::move(taken[next]), !answer.resume().empty());
  }
  const std::lock_guard lock(mutex_);
  for (v1::MultiplexResponse::Answer& answer : refusals_) *message.add_answer() = std::move(answer);
  refusals_.clear();
  for (auto& [exchange, parked] : over) {
    open_.erase(exchange->id());
    if (!parked) continue;
    if (parked_.size() > 2 * core_->options.tickets) {
      std::erase_if(parked_, [](const auto& entry) { return entry.second.expired(); });
    }
    parked_.emplace(exchange->id(), exchange);
  }
  // What did not fit goes first next time.
  ready_.insert(ready_.begin(), std::make_move_iterator(taken.begin() + next),
                std::make_move_iterator(taken.end()));
  return message.answer_size() > 0;
}

void MuxReactor::OnWriteDone(bool ok) {
  if (!ok) {
    {
      const std::lock_guard lock(mutex_);
      writing_ = false;
    }
    return break_off();
  }
  {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    if (broken_) return finish_if_over();
  }
  pump();
  // Seen only now: the next write may be over already, and its OnWriteDone be here too.
  const std::lock_guard lock(mutex_);
  if (read_held_) read_or_hold();
}

void MuxReactor::break_off() {
  Exchanges open;
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(broken_, true)) return finish_if_over();
    open.swap(open_);
    ready_.clear();
    refusals_.clear();
  }
  for (const auto& [_, exchange] : open) exchange->carrier_gone();
  const std::lock_guard lock(mutex_);
  finish_if_over();
}

void MuxReactor::drain() {
  const std::lock_guard lock(mutex_);
  draining_ = true;
  finish_if_over();
}

void MuxReactor::finish_if_over() {
  if (finished_ || writing_) return;
  const bool drained = draining_ && open_.empty() && ready_.empty() && refusals_.empty();
  if (!broken_ && !drained) return;
  finished_ = true;
  Finish(grpc::Status::OK);
}

void MuxReactor::OnDone() { const std::shared_ptr<MuxReactor> self = std::move(self_); }

// ---- Exchange ------------------------------------------------------------------------------

std::shared_ptr<ExchangeReactor> ExchangeReactor::start(
    std::shared_ptr<ServerCore> core, std::shared_ptr<const trust::Caller> caller) {
  auto reactor = std::make_shared<ExchangeReactor>(std::move(core));
  reactor->self_ = reactor;
  reactor->StartRead(&reactor->incoming_);
  if (caller != nullptr) stay(reactor, *reactor->core_, std::move(caller), reactor->stay_);
  return reactor;
}

std::shared_ptr<ServerExchange> ExchangeReactor::exchange() {
  const std::lock_guard lock(mutex_);
  return exchange_;
}

void ExchangeReactor::OnReadDone(bool ok) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    reading_ = false;
    first = !std::exchange(begun_, true);
  }
  if (first) {
    if (ok) return begin();
    const std::lock_guard lock(mutex_);
    return finish({grpc::StatusCode::INVALID_ARGUMENT, "the first message is missing"});
  }
  const std::shared_ptr<ServerExchange> exchange = this->exchange();
  if (exchange == nullptr) return;
  if (!ok) return exchange->request_cut();
  switch (incoming_.part_case()) {
    case v1::ExchangeRequest::kBody:
      return exchange->request_body(std::move(*incoming_.mutable_body()));
    case v1::ExchangeRequest::kTrailers:
      return exchange->request_end(std::move(*incoming_.mutable_trailers()));
    default:
      return exchange->request_cut();
  }
}

void ExchangeReactor::begin() {
  if (incoming_.has_resume()) {
    const std::shared_ptr<ServerExchange> waiting = core_->tickets.redeem(incoming_.resume());
    if (waiting == nullptr) {
      return refuse({FailureReason::ResumeUnknown, true, "the ticket is not good, or no longer"});
    }
    {
      const std::lock_guard lock(mutex_);
      exchange_ = waiting;
    }
    if (!waiting->attach(shared_from_this())) {
      refuse({FailureReason::ResumeUnknown, true, "the response was given up"});
    }
    return;
  }
  ExchangeFailure failure{FailureReason::BadRequest, false, "the first message is not a head"};
  std::shared_ptr<const OriginRequest> request;
  if (incoming_.has_head()) {
    request = decode(std::move(*incoming_.mutable_head()), core_->options, failure);
  }
  if (request == nullptr) return refuse(std::move(failure));
  auto exchange =
      ServerExchange::create(core_, shared_from_this(), 0, ServerExchange::Begin::Streaming);
  if (exchange == nullptr) {
    return refuse({FailureReason::Overloaded, false, "the origin takes no more exchanges now"});
  }
  bool broken = false;
  {
    const std::lock_guard lock(mutex_);
    exchange_ = exchange;
    broken = broken_;
  }
  if (broken) return exchange->cancel();
  exchange->begin(std::move(request), {});
}

void ExchangeReactor::refuse(ExchangeFailure failure) {
  const std::lock_guard lock(mutex_);
  if (finished_) return;
  exchange_.reset();
  to_proto(failure, *outgoing_.mutable_part()->mutable_failure());
  finished_ = true;
  writing_ = true;
  StartWriteAndFinish(&outgoing_, grpc::WriteOptions(), grpc::Status::OK);
}

void ExchangeReactor::want_body() {
  const std::lock_guard lock(mutex_);
  if (reading_ || finished_ || broken_) return;
  reading_ = true;
  StartRead(&incoming_);
}

void ExchangeReactor::ready(const std::shared_ptr<ServerExchange>&) {
  {
    const std::lock_guard lock(mutex_);
    ready_ = true;
  }
  pump();
}

void ExchangeReactor::pump() {
  for (;;) {
    std::shared_ptr<ServerExchange> exchange;
    {
      const std::lock_guard lock(mutex_);
      if (writing_ || finished_ || broken_ || exchange_ == nullptr || !ready_) return;
      ready_ = false;
      writing_ = true;
      exchange = exchange_;
    }
    outgoing_.Clear();
    const ServerExchange::Taken taken = exchange->take(*outgoing_.mutable_part());
    const std::lock_guard lock(mutex_);
    if (taken.any && !broken_ && !finished_) {
      ready_ = true;  // there may be more
      if (!taken.last) return StartWrite(&outgoing_);
      finished_ = true;
      return StartWriteAndFinish(&outgoing_, grpc::WriteOptions(), grpc::Status::OK);
    }
    writing_ = false;
    if (broken_) return finish(grpc::Status::CANCELLED);
    // Somebody may have called ready() while nothing was there to take.
  }
}

void ExchangeReactor::OnWriteDone(bool ok) {
  {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    if (!ok) broken_ = true;
    if (broken_) finish(grpc::Status::CANCELLED);
  }
  if (ok) pump();
}

void ExchangeReactor::OnCancel() {
  std::shared_ptr<ServerExchange> exchange;
  {
    const std::lock_guard lock(mutex_);
    broken_ = true;
    exchange = exchange_;
    if (!writing_) finish(grpc::Status::CANCELLED);
  }
  if (exchange != nullptr) exchange->cancel();
}

void ExchangeReactor::finish(grpc::Status status) {
  if (std::exchange(finished_, true)) return;
  Finish(std::move(status));
}

void ExchangeReactor::OnDone() {
  const std::shared_ptr<ExchangeReactor> self = std::move(self_);
  // gRPC ends some calls without OnCancel: those it never delivered an answer for.
  if (const std::shared_ptr<ServerExchange> left = exchange()) left->cancel();
  const std::lock_guard lock(mutex_);
  exchange_.reset();
}

}  // namespace atl::rpc
