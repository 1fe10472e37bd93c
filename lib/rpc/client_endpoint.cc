#include "lib/rpc/client_endpoint.h"

#include <algorithm>
#include <utility>

#include "lib/rpc/contract.h"

namespace atl::rpc::client {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstBackoff{50};
constexpr milliseconds kLastBackoff{800};  // plus a quarter of jitter: back within a second
constexpr milliseconds kConnectTime{3'000};
constexpr std::chrono::minutes kProbeFor{5};     // after the last call for the endpoint
constexpr std::chrono::seconds kStableAfter{1};  // a stream that broke sooner counts as a failure
constexpr uint32_t kDefaultOpen = 4096;          // MultiplexResponse.Limits
constexpr uint32_t kMostOpen = 65536;
constexpr size_t kHeadOverhead = 64;

}  // namespace

Endpoint::Endpoint(std::shared_ptr<Shared> shared, std::string address, std::string certificate,
                   milliseconds patience)
    : shared_(std::move(shared)),
      address_(std::move(address)),
      certificate_(std::move(certificate)),
      patience_(patience),
      timer_(shared_->loop, [this] { on_timer(); }),
      backoff_(kFirstBackoff),
      open_limit_(kDefaultOpen),
      body_limit_(kMultiplexBody) {}

Endpoint::~Endpoint() { shared_->muxes.erase(mux_id_); }

// ---- connection ----------------------------------------------------------------------------

std::shared_ptr<Http2Link> Endpoint::link(Carries carries) {
  return client::connect(shared_->loop,
                         {.endpoint = address_,
                          .certificate = certificate_,
                          .patience = patience_,
                          .security = shared_->security},
                         carries);
}

void Endpoint::expect(std::string_view certificate) {
  if (certificate == certificate_) return;
  certificate_ = certificate;
  recheck();
}

void Endpoint::recheck() {
  for (const auto& link : {mux_link_, body_link_}) {
    if (link != nullptr) link->recheck(certificate_);
  }
}

void Endpoint::connect() {
  state_ = state_ == State::Down ? State::Probing : State::Connecting;
  mux_id_ = shared_->next_id++;
  shared_->muxes.emplace(mux_id_, this);
  mux_link_ = link(Carries::Multiplex);
  mux_ = std::make_unique<MuxStream>(mux_link_, mux_id_, shared_->inbox);
  timer_.start(kConnectTime);
}

void Endpoint::on_timer() {
  if (state_ == State::Connecting || state_ == State::Probing) {
    if (mux_ != nullptr) mux_->give_up("the origin did not answer in time");
    return;
  }
  if (state_ != State::Down) return;
  if (shared_->loop.now() - last_asked_ > kProbeFor) {
    state_ = State::Idle;
    backoff_ = kFirstBackoff;
  } else {
    connect();
  }
}

void Endpoint::come_up(const v1::MultiplexResponse::Limits& limits) {
  state_ = State::Up;
  reachable_ = true;
  timer_.stop();
  up_since_ = shared_->loop.now();
  open_limit_ = limits.open() == 0 ? kDefaultOpen : std::min(limits.open(), kMostOpen);
  body_limit_ =
      limits.body() == 0 ? kMultiplexBody : std::min<size_t>(limits.body(), kMultiplexBody);
  if (!opens_.empty()) flush();
}

void Endpoint::on_message(v1::MultiplexResponse& message) {
  if (state_ == State::Up) {
    for (v1::MultiplexResponse::Answer& answer : *message.mutable_answer()) {
      Call* call = shared_->find(answer.id());
      if (call != nullptr && &call->endpoint() == this) call->on_answer(answer);
    }
  } else if (message.has_limits()) {
    come_up(message.limits());
  } else {
    mux_->give_up("the origin did not begin with its limits");
  }
}

void Endpoint::on_closed(uint64_t stream, uint64_t last_sent, const std::string& detail) {
  if (stream != mux_id_) return;
  shared_->muxes.erase(stream);
  mux_.reset();
  mux_link_.reset();
  body_link_.reset();
  cancels_.clear();
  flush_posted_ = false;  // the flush that was posted looks for the stream that is gone
  last_error_ = detail;
  reachable_ = false;
  timer_.stop();
  const bool was_stable = state_ == State::Up && shared_->loop.now() - up_since_ >= kStableAfter;
  if (was_stable) {
    backoff_ = kFirstBackoff;
    state_ = State::Idle;
    connect();  // perhaps only this stream broke; calls may wait for the outcome
  } else {
    state_ = State::Down;
    const auto jitter = milliseconds(shared_->loop.now().time_since_epoch().count() / 1024 %
                                     (backoff_.count() / 4));
    timer_.start(backoff_ + jitter);
    backoff_ = std::min(backoff_ * 2, kLastBackoff);
  }
  fail_calls(last_sent, detail);
}

void Endpoint::fail_calls(uint64_t last_sent, const std::string& detail) {
  opens_.clear();
  std::vector<uint64_t> ids;
  for (const auto& [id, call] : shared_->calls) {
    if (&call->endpoint() == this && (call->multiplexed() || call->waiting())) ids.push_back(id);
  }
  for (const uint64_t id : ids) {
    Call* call = shared_->find(id);  // an observer may have destroyed it meanwhile
    if (call == nullptr) continue;
    const bool seen = call->multiplexed() && id <= last_sent;
    call->fail({FailureReason::OriginUnreachable, seen, detail});
  }
}

std::shared_ptr<Http2Link> Endpoint::body_link() {
  if (body_link_ == nullptr || !body_link_->usable() ||
      !body_link_->secured_by(shared_->security)) {
    body_link_ = link(Carries::Bodies);  // streams on the old one keep it until they end
  }
  return body_link_;
}

// ---- sending -------------------------------------------------------------------------------

void Endpoint::submit(Call& call) {
  last_asked_ = shared_->loop.now();
  switch (state_) {
    case State::Down:
    case State::Probing:
      return call.fail_later({FailureReason::OriginUnreachable, false, last_error_});
    case State::Idle:
      connect();
      break;
    case State::Connecting:
    case State::Up:
      break;
  }
  if (open_ + opens_.size() >= open_limit_) {
    return call.fail_later(
        {FailureReason::Overloaded, false, "too many exchanges are open to this origin"});
  }
  opens_.push_back(call.id());
  flush_later();
}

void Endpoint::cancel(uint64_t id) {
  if (state_ != State::Up) return;
  cancels_.push_back(id);
  flush_later();
}

void Endpoint::flush_later() {
  if (state_ != State::Up || std::exchange(flush_posted_, true)) return;
  shared_->loop.at_turn_end([weak = std::weak_ptr<Shared>(shared_), id = mux_id_] {
    const std::shared_ptr<Shared> shared = weak.lock();
    if (shared == nullptr) return;
    const auto it = shared->muxes.find(id);
    if (it != shared->muxes.end()) it->second->flush();
  });
}

void Endpoint::flush() {
  flush_posted_ = false;
  if (state_ != State::Up) return;
  v1::MultiplexRequest batch;
  for (const uint64_t id : std::exchange(cancels_, {})) batch.add_cancel(id);
  size_t bytes = 0;
  uint64_t last_id = 0;
  for (const uint64_t id : std::exchange(opens_, {})) {
    Call* call = shared_->find(id);
    if (call == nullptr || !call->waiting()) continue;  // destroyed or failed in the same turn
    if (call->wants_stream() || call->request_body_size() > body_limit_) {
      call->start_stream(body_link());
      continue;
    }
    const size_t size = call->wire_size() + kHeadOverhead;
    if (bytes + size > kBatchBytes) {
      send_batch(batch, last_id);
      bytes = 0;
    }
    bytes += size;
    last_id = std::max(last_id, id);
    ++open_;
    call->put_into(*batch.add_open());
  }
  send_batch(batch, last_id);
}

void Endpoint::send_batch(v1::MultiplexRequest& batch, uint64_t last_id) {
  if (batch.open().empty() && batch.cancel().empty()) return;
  mux_->send(batch, last_id);
  batch.Clear();
}

}  // namespace atl::rpc::client
