#include "lib/rpc/client_streams.h"

#include <chrono>
#include <utility>

#include "lib/rpc/contract.h"

namespace atl::rpc::client {
namespace {

// Multiplex messages that may wait for the loop before reading is held.
constexpr int kUnreadLimit = 32;

// HTTP/2 window of an Exchange stream. With one message in the reader's hands this keeps what lies
// beneath ExchangeCall::pause() under 512 KiB.
constexpr int kStreamWindow = 384 << 10;

std::string describe(const grpc::Status& status) {
  if (status.ok()) return "the origin ended the stream";
  return printable(status.error_message());
}

}  // namespace

void Inbox::push(Event event) {
  const std::lock_guard lock(mutex_);
  if (loop_ == nullptr) return;
  events_.push_back(std::move(event));
  post_drain();
}

void Inbox::post_drain() {
  if (std::exchange(posted_, true)) return;
  loop_->post([self = shared_from_this()] { self->drain(); });
}

void Inbox::drain() {
  std::vector<Event> batch;
  std::vector<std::shared_ptr<void>> dead;
  {
    const std::lock_guard lock(mutex_);
    batch.swap(events_);
    dead.swap(dead_);
    posted_ = false;
  }
  for (Event& event : batch) {
    if (reader_ == nullptr) return;  // an event before this one ended the client
    reader_->on_event(event);
  }
}

void Inbox::stream_began() {
  const std::lock_guard lock(mutex_);
  ++streams_;
}

void Inbox::stream_done(Event last, std::shared_ptr<void> stream) {
  const std::lock_guard lock(mutex_);
  dead_.push_back(std::move(stream));
  if (loop_ != nullptr) {
    events_.push_back(std::move(last));
    post_drain();
  }
  if (--streams_ == 0) changed_.notify_all();
}

void Inbox::close() {
  std::vector<std::shared_ptr<void>> dead;
  std::unique_lock lock(mutex_);
  loop_ = nullptr;
  reader_ = nullptr;
  events_.clear();
  changed_.wait(lock, [this] { return streams_ == 0; });
  dead.swap(dead_);
  lock.unlock();
}

// ---- Multiplex -----------------------------------------------------------------------------

MuxStream::MuxStream(std::shared_ptr<Stub> stub, uint64_t id, std::shared_ptr<Inbox> inbox)
    : stub_(std::move(stub)), id_(id), inbox_(std::move(inbox)) {
  inbox_->stream_began();
}

std::shared_ptr<MuxStream> MuxStream::start(std::shared_ptr<Stub> stub, uint64_t id,
                                            std::shared_ptr<Inbox> inbox) {
  std::shared_ptr<MuxStream> stream(new MuxStream(std::move(stub), id, std::move(inbox)));
  stream->self_ = stream;
  stream->stub_->async()->Multiplex(&stream->context_, stream.get());
  stream->AddHold();  // send() and message_done() begin operations from the loop
  stream->incoming_ = std::make_unique<v1::MultiplexResponse>();
  stream->StartRead(stream->incoming_.get());
  stream->StartCall();
  return stream;
}

void MuxStream::send(std::unique_ptr<v1::MultiplexRequest> batch, uint64_t last_id) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;  // MuxClosed is on its way and will name what was not sent
  batches_.push_back({std::move(batch), last_id});
  if (!writing_) write_next();
}

void MuxStream::write_next() {
  writing_ = true;
  if (batches_.front().last_id != 0) last_sent_ = batches_.front().last_id;
  StartWrite(batches_.front().message.get());
}

void MuxStream::message_done() {
  const std::lock_guard lock(mutex_);
  --unread_;  // -1 for a moment when the loop is quicker than OnReadDone's own count
  if (!read_held_ || closed_) return;
  read_held_ = false;
  incoming_ = std::make_unique<v1::MultiplexResponse>();
  StartRead(incoming_.get());
}

void MuxStream::OnReadDone(bool ok) {
  if (!ok) return close();
  // Given out before the next read begins, so that two messages cannot overtake one another.
  inbox_->push(MuxMessage{id_, std::move(incoming_)});
  const std::lock_guard lock(mutex_);
  ++unread_;
  if (closed_) return;
  if (unread_ >= kUnreadLimit) {
    read_held_ = true;
    return;
  }
  incoming_ = std::make_unique<v1::MultiplexResponse>();
  StartRead(incoming_.get());
}

void MuxStream::OnWriteDone(bool ok) {
  if (!ok) return close();
  const std::lock_guard lock(mutex_);
  writing_ = false;
  batches_.pop_front();
  if (!batches_.empty() && !closed_) write_next();
}

void MuxStream::close() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(closed_, true)) return;
  }
  context_.TryCancel();  // whichever direction broke, the other one ends too
  RemoveHold();
}

void MuxStream::OnDone(const grpc::Status& status) {
  uint64_t last_sent = 0;
  {
    const std::lock_guard lock(mutex_);
    last_sent = last_sent_;
  }
  const std::shared_ptr<Inbox> inbox = inbox_;
  inbox->stream_done(MuxClosed{id_, last_sent, describe(status)}, std::move(self_));
}

// ---- Exchange ------------------------------------------------------------------------------

ExchangeStream::ExchangeStream(std::shared_ptr<Stub> stub, uint64_t id,
                               std::shared_ptr<Inbox> inbox)
    : stub_(std::move(stub)), id_(id), inbox_(std::move(inbox)) {
  inbox_->stream_began();
}

std::shared_ptr<ExchangeStream> ExchangeStream::start(std::shared_ptr<Stub> stub, uint64_t id,
                                                      std::shared_ptr<Inbox> inbox) {
  std::shared_ptr<ExchangeStream> stream(new ExchangeStream(std::move(stub), id, std::move(inbox)));
  stream->self_ = stream;
  stream->stub_->async()->Exchange(&stream->context_, stream.get());
  stream->AddHold();  // every operation begins on the loop
  stream->StartCall();
  return stream;
}

void ExchangeStream::read() {
  if (released_) return;
  incoming_ = std::make_unique<v1::ExchangeResponse>();
  StartRead(incoming_.get());
}

void ExchangeStream::write(v1::ExchangeRequest message, bool last) {
  if (released_) return;
  outgoing_ = std::move(message);
  if (last) {
    StartWriteLast(&outgoing_, grpc::WriteOptions());
  } else {
    StartWrite(&outgoing_);
  }
}

void ExchangeStream::release() {
  if (!std::exchange(released_, true)) RemoveHold();
}

void ExchangeStream::abandon() {
  context_.TryCancel();
  release();
}

void ExchangeStream::OnReadDone(bool ok) {
  inbox_->push(StreamMessage{id_, ok ? std::move(incoming_) : nullptr});
}

void ExchangeStream::OnWriteDone(bool ok) { inbox_->push(StreamWritten{id_, ok}); }

void ExchangeStream::OnDone(const grpc::Status& status) {
  const std::shared_ptr<Inbox> inbox = inbox_;
  inbox->stream_done(StreamClosed{id_, describe(status)}, std::move(self_));
}

// ---- connection ----------------------------------------------------------------------------

std::shared_ptr<Stub> connect(const std::string& endpoint, Carries carries) {
  grpc::ChannelArguments args;
  args.SetMaxReceiveMessageSize(kMaxMessage);
  args.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  args.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  args.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  args.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  args.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
  args.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  args.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  if (carries == Carries::Bodies) {
    args.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);  // would widen the window beyond what is promised
    args.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kStreamWindow);
  }
  return v1::Origin::NewStub(
      grpc::CreateCustomChannel(endpoint, grpc::InsecureChannelCredentials(), args));
}

}  // namespace atl::rpc::client
