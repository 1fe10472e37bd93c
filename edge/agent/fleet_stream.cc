#include "edge/agent/fleet_stream.h"

#include <chrono>
#include <utility>

#include "lib/rpc/grpc_credentials.h"

namespace atl::edge {
namespace {

constexpr int kLargestMessage = 256 << 20;  // bytes; a snapshot of many thousand distributions

std::unique_ptr<v1::Fleet::Stub> connect(const std::string& endpoint,
                                         const trust::Credentials* credentials) {
  grpc::ChannelArguments args;
  args.SetMaxReceiveMessageSize(kLargestMessage);
  // A connection of its own, so that dialling again really dials, now.
  args.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  args.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  args.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  args.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  args.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 5'000);
  args.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 3'000);
  args.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  const auto channel = credentials == nullptr
                           ? grpc::InsecureChannelCredentials()
                           : rpc::control_credentials(credentials->authority, credentials, args);
  return v1::Fleet::NewStub(grpc::CreateCustomChannel(endpoint, channel, args));
}

}  // namespace

void FleetGate::post(std::move_only_function<void(FleetStreamReader&)> event) {
  const std::lock_guard lock(mutex_);
  if (loop_ == nullptr) return;
  loop_->post([self = shared_from_this(), event = std::move(event)]() mutable {
    FleetStreamReader* reader = nullptr;
    {
      const std::lock_guard inner(self->mutex_);
      reader = self->reader_;
    }
    if (reader != nullptr) event(*reader);
  });
}

void FleetGate::close() {
  const std::lock_guard lock(mutex_);
  loop_ = nullptr;
  reader_ = nullptr;
}

void FleetGate::stream_began() {
  const std::lock_guard lock(mutex_);
  ++streams_;
}

void FleetGate::stream_done(std::shared_ptr<FleetStream> stream, uint64_t id, std::string why) {
  const std::lock_guard lock(mutex_);
  ended_.push_back({std::move(stream), id, std::move(why)});
  if (--streams_ == 0) done_.notify_all();
  if (loop_ != nullptr) loop_->post([self = shared_from_this()] { self->report_ended(); });
}

void FleetGate::report_ended() {
  std::vector<Ended> ended;
  {
    const std::lock_guard lock(mutex_);
    ended.swap(ended_);
  }
  for (const Ended& one : ended) {
    if (reader_ != nullptr) reader_->on_closed(one.id, one.why);
  }
}

void FleetGate::wait_for_streams() {
  std::vector<Ended> ended;
  std::unique_lock lock(mutex_);
  done_.wait_for(lock, std::chrono::seconds(2), [this] { return streams_ == 0; });
  ended.swap(ended_);
  lock.unlock();
}

FleetStream::FleetStream(std::unique_ptr<v1::Fleet::Stub> stub, bool secured, uint64_t id,
                         std::shared_ptr<FleetGate> gate)
    : id_(id), secured_(secured), gate_(std::move(gate)), stub_(std::move(stub)) {
  gate_->stream_began();
}

std::shared_ptr<FleetStream> FleetStream::start(const std::string& endpoint,
                                                const trust::Credentials* credentials, uint64_t id,
                                                std::shared_ptr<FleetGate> gate) {
  std::shared_ptr<FleetStream> stream(
      new FleetStream(connect(endpoint, credentials), credentials != nullptr, id, std::move(gate)));
  stream->self_ = stream;
  stream->stub_->async()->Join(&stream->context_, stream.get());
  stream->AddHold();  // send() and read_next() begin operations from the loop
  stream->StartRead(&stream->incoming_);
  stream->StartCall();
  return stream;
}

void FleetStream::send(v1::NodeMessage message) {
  const std::lock_guard lock(mutex_);
  if (ended_) return;
  unsent_.push_back(std::move(message));
  if (std::exchange(writing_, true)) return;
  StartWrite(&unsent_.front());
}

void FleetStream::cancel() { end(); }

size_t FleetStream::unsent() {
  const std::lock_guard lock(mutex_);
  return unsent_.size();
}

void FleetStream::read_next() {
  const std::lock_guard lock(mutex_);
  if (!ended_) StartRead(&incoming_);
}

void FleetStream::OnReadDone(bool ok) {
  if (!ok) return end();
  gate_->post([self = shared_from_this()](FleetStreamReader& reader) {
    reader.on_message(self->id_, self->incoming_);
    self->read_next();
  });
}

void FleetStream::OnWriteDone(bool ok) {
  if (!ok) return end();
  const std::lock_guard lock(mutex_);
  unsent_.pop_front();
  writing_ = !unsent_.empty() && !ended_;
  if (writing_) StartWrite(&unsent_.front());
}

void FleetStream::end() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(ended_, true)) return;
  }
  context_.TryCancel();  // whichever direction broke, the other one ends too
  RemoveHold();
}

void FleetStream::OnDone(const grpc::Status& status) {
  std::string why =
      status.ok() ? "the control plane ended the stream" : rpc::explain(status, secured_);
  const std::shared_ptr<FleetGate> gate = gate_;
  gate->stream_done(std::move(self_), id_, std::move(why));
  // From here on the loop may have freed this stream.
}

}  // namespace atl::edge
