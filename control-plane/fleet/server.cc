#include "control-plane/fleet/server.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

#include "control-plane/fleet/authority_service.h"
#include "control-plane/fleet/message.h"
#include "lib/base/log.h"
#include "lib/rpc/admission.h"
#include "lib/rpc/grpc_credentials.h"
#include "lib/trust/identity.h"
#include "lib/trust/revocations.h"
#include "proto/control.grpc.pb.h"

namespace atl::control {
namespace {

constexpr int kLargestMessage = 1 << 20;  // bytes from a node
constexpr int kMostStreams = 4;           // of one connection; a node has one
constexpr size_t kMostUnsent = 16 << 20;  // bytes for a node that does not read

// What a stream and the loop share; the stream may outlive the fleet by a moment.
struct Border {
  net::Loop& loop;
  Fleet* fleet;                               // loop thread; null: the server is stopping
  std::shared_ptr<rpc::Admission> admission;  // null without mutual TLS
};

using Caller = std::shared_ptr<const trust::Caller>;

// Empty: the hello is of whoever the certificate is of.
std::string find_impostor(const trust::Caller& caller, const v1::Hello& hello) {
  const trust::Identity said{.kind = trust::Kind::Edge, .pop = hello.pop(), .name = hello.node()};
  if (caller.identity == said) return {};
  return fmt::format("the certificate is of {}, but the node says it is node \"{}\" of PoP \"{}\"",
                     caller.uri, hello.node(), hello.pop());
}

// One node's stream. Keeps itself alive until gRPC is done with it; then posts its end.
class JoinStream final : public grpc::ServerBidiReactor<v1::NodeMessage, v1::ControlMessage>,
                         public NodeLink,
                         public std::enable_shared_from_this<JoinStream> {
 public:
  static std::shared_ptr<JoinStream> start(std::shared_ptr<Border> border, std::string peer,
                                           Caller caller) {
    auto stream =
        std::make_shared<JoinStream>(std::move(border), std::move(peer), std::move(caller));
    stream->self_ = stream;
    stream->StartRead(&stream->incoming_);
    return stream;
  }
  JoinStream(std::shared_ptr<Border> border, std::string peer, Caller caller)
      : border_(std::move(border)), peer_(std::move(peer)), caller_(std::move(caller)) {}

  // Loop thread.
  void recheck() {
    const char* wrong = border_->admission->objection(*caller_);
    if (wrong == nullptr) return;
    log_warn("fleet: the stream of {} is ended: {}", caller_->uri, wrong);
    const SessionId session = std::exchange(session_, 0);
    if (border_->fleet != nullptr && session != 0) border_->fleet->on_expelled(session);
    close(wrong);
  }

  // NodeLink: loop thread.
  void send_snapshot(std::shared_ptr<const SnapshotData> snapshot) override {
    v1::ControlMessage message;
    if (!message.mutable_snapshot()->ParseFromString(snapshot->bytes)) return;
    send(std::move(message));
  }
  void send_purge(const Purge& purge) override {
    v1::ControlMessage message;
    *message.mutable_purge() = to_proto(purge);
    send(std::move(message));
  }
  void send_drain(const DrainOrder& order) override {
    v1::ControlMessage message;
    v1::Drain& drain = *message.mutable_drain();
    drain.set_draining(order.draining);
    drain.set_patience_ms(static_cast<uint32_t>(order.patience.count()));
    drain.set_deadline_ms(static_cast<uint32_t>(order.deadline.count()));
    send(std::move(message));
  }
  void send_observe(const std::vector<ProbeTarget>& targets, LookRhythm rhythm) override {
    v1::ControlMessage message;
    v1::Observe& observe = *message.mutable_observe();
    for (const ProbeTarget& target : targets) {
      v1::Observe::Target& added = *observe.add_targets();
      added.set_pop(target.name.first);
      added.set_node(target.name.second);
      added.set_endpoint(target.endpoint);
    }
    observe.set_interval_ms(static_cast<uint32_t>(rhythm.interval.count()));
    observe.set_timeout_ms(static_cast<uint32_t>(rhythm.timeout.count()));
    send(std::move(message));
  }
  void close(std::string_view why) override {
    const std::lock_guard lock(mutex_);
    finish(grpc::Status(grpc::StatusCode::ABORTED, std::string(why)));
  }

 private:
  // ---- gRPC's threads ----------------------------------------------------------------------

  void OnReadDone(bool ok) override {
    if (!ok) {
      const std::lock_guard lock(mutex_);
      return finish(grpc::Status::OK);
    }
    // The next read begins when the loop has taken this message, so a node can never be ahead by
    // more than one.
    border_->loop.post([self = shared_from_this()] { self->take(); });
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    if (!ok) return finish(grpc::Status::OK);
    unsent_bytes_ -= unsent_.front().ByteSizeLong();
    unsent_.pop_front();
    write_next();
  }

  void OnCancel() override {
    const std::lock_guard lock(mutex_);
    finish(grpc::Status::CANCELLED);
  }

  void OnDone() override {
    border_->loop.post([self = shared_from_this()] { self->gone(); });
    const std::shared_ptr<JoinStream> self = std::move(self_);
  }

  // ---- loop --------------------------------------------------------------------------------

  void take() {
    if (border_->fleet == nullptr) return;
    if (session_ == 0) {
      if (!incoming_.has_hello()) return refuse("the first message of a stream is a hello");
      if (!join(*incoming_.mutable_hello())) return;
    } else if (!pass_on()) {
      return close("the message is none that a node sends at this point");
    }
    const std::lock_guard lock(mutex_);
    if (finished_) return;
    StartRead(&incoming_);
  }

  bool join(v1::Hello& hello) {
    Fleet& fleet = *border_->fleet;
    if (caller_ != nullptr) {
      // Revoked since the stream began, or somebody else.
      const char* wrong = border_->admission->objection(*caller_);
      const std::string why = wrong != nullptr ? wrong : find_impostor(*caller_, hello);
      if (!why.empty()) {
        fleet.refused(caller_->uri, why);
        refuse(why);
        return false;
      }
    }
    auto session = fleet.join(from_proto(hello), shared_from_this());
    if (!session) {
      refuse(session.error());
      return false;
    }
    session_ = *session;
    v1::ControlMessage message;
    v1::Welcome& welcome = *message.mutable_welcome();
    welcome.set_lease_ms(static_cast<uint32_t>(fleet.options().lease.count()));
    welcome.set_heartbeat_ms(static_cast<uint32_t>(fleet.options().heartbeat.count()));
    welcome.set_instance(fleet.options().instance);
    send(std::move(message));
    fleet.welcome(session_);
    return true;
  }

  bool pass_on() {
    Fleet& fleet = *border_->fleet;
    switch (incoming_.message_case()) {
      case v1::NodeMessage::kHealth:
        fleet.on_health(session_, from_proto(*incoming_.mutable_health()));
        return true;
      case v1::NodeMessage::kStatistics:
        fleet.on_statistics(session_, from_proto(incoming_.statistics()));
        return true;
      case v1::NodeMessage::kSnapshotAck:
        fleet.on_snapshot_ack(session_, incoming_.snapshot_ack().version(),
                              incoming_.snapshot_ack().refused());
        return true;
      case v1::NodeMessage::kPurgeAck:
        fleet.on_purge_ack(session_, incoming_.purge_ack().number(),
                           incoming_.purge_ack().objects(),
                           std::chrono::microseconds(incoming_.purge_ack().duration_us()));
        return true;
      case v1::NodeMessage::kDrainAck:
        fleet.on_drain_ack(session_, incoming_.drain_ack().done());
        return true;
      default:
        return false;
    }
  }

  void refuse(std::string_view why) {
    v1::ControlMessage message;
    message.mutable_welcome()->set_refused(std::string(why));
    send(std::move(message));
    const std::lock_guard lock(mutex_);
    finish_when_sent_ = true;
    if (!writing_) finish(grpc::Status::OK);
  }

  void gone() {
    if (border_->fleet != nullptr && session_ != 0) border_->fleet->on_closed(session_);
  }

  void send(v1::ControlMessage message) {
    const std::lock_guard lock(mutex_);
    if (finished_) return;
    unsent_bytes_ += message.ByteSizeLong();
    unsent_.push_back(std::move(message));
    if (unsent_bytes_ > kMostUnsent) {
      log_warn("fleet: {} does not read; its stream is closed", peer_);
      return finish(grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "the node does not read"));
    }
    if (!writing_) write_next();
  }

  // ---- lock held ---------------------------------------------------------------------------

  void write_next() {
    if (finished_) return;
    if (!unsent_.empty()) {
      writing_ = true;
      StartWrite(&unsent_.front());
    } else if (finish_when_sent_) {
      finish(grpc::Status::OK);
    }
  }

  void finish(grpc::Status status) {
    if (std::exchange(finished_, true)) return;
    Finish(std::move(status));
  }

  const std::shared_ptr<Border> border_;
  const std::string peer_;
  const Caller caller_;       // null without mutual TLS
  v1::NodeMessage incoming_;  // gRPC's while reading, the loop's between OnReadDone and StartRead
  SessionId session_ = 0;     // loop thread

  std::mutex mutex_;
  std::deque<v1::ControlMessage> unsent_;  // the first is being written if `writing_`
  size_t unsent_bytes_ = 0;
  bool writing_ = false;
  bool finish_when_sent_ = false;
  bool finished_ = false;
  std::shared_ptr<JoinStream> self_;
};

class JoinService final : public v1::Fleet::CallbackService {
 public:
  explicit JoinService(std::shared_ptr<Border> border) : border_(std::move(border)) {}

  using Joining = grpc::ServerBidiReactor<v1::NodeMessage, v1::ControlMessage>;

  Joining* Join(grpc::CallbackServerContext* context) override {
    if (border_->admission == nullptr) {
      return JoinStream::start(border_, context->peer(), nullptr).get();
    }
    auto caller = border_->admission->admit(*context);
    if (!caller) return new rpc::Turned<Joining>(caller.error());
    const auto stream = JoinStream::start(border_, context->peer(), *std::move(caller));
    const std::lock_guard lock(mutex_);
    std::erase_if(streams_, [](const auto& weak) { return weak.expired(); });
    streams_.push_back(stream);
    return stream.get();
  }

  // Loop thread.
  void recheck() {
    std::vector<std::shared_ptr<JoinStream>> streams;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& weak : streams_) {
        if (auto stream = weak.lock()) streams.push_back(std::move(stream));
      }
    }
    for (const auto& stream : streams) stream->recheck();
  }

 private:
  const std::shared_ptr<Border> border_;
  std::mutex mutex_;
  std::vector<std::weak_ptr<JoinStream>> streams_;  // with mutual TLS
};

class Server final : public FleetServer {
 public:
  Server(net::Loop& loop, Fleet& fleet, std::optional<FleetTrust> trust)
      : trust_(std::move(trust)),
        border_(std::make_shared<Border>(loop, &fleet, admission())),
        service_(border_) {
    if (trust_) authority_ = std::make_unique<AuthorityService>(trust_->registrar);
  }

  ~Server() override {
    border_->fleet = nullptr;
    if (server_ == nullptr) return;
    server_->Shutdown(std::chrono::system_clock::now());  // cancels every stream
    server_->Wait();
  }

  bool listen(const std::string& address) {
    grpc::ServerBuilder builder;
    builder.SetMaxReceiveMessageSize(kLargestMessage);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);  // a taken port is an error
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMostStreams);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 500);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 5'000);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
    builder.AddListeningPort(
        address,
        trust_ ? rpc::server_credentials(trust_->files, rpc::ClientCertificate::Verified)
               : grpc::InsecureServerCredentials(),
        &port_);
    builder.RegisterService(&service_);
    if (authority_ != nullptr) builder.RegisterService(authority_.get());
    server_ = builder.BuildAndStart();
    return server_ != nullptr && port_ != 0;
  }

  uint16_t port() const override { return static_cast<uint16_t>(port_); }
  void recheck() override {
    if (!trust_) return;
    service_.recheck();
    if (border_->fleet == nullptr) return;
    const auto revoked = trust_->registrar->shared_guard()->revocations();
    border_->fleet->expel_absent([&](const NodeName& name) {
      const std::string uri =
          trust::to_uri({.kind = trust::Kind::Edge, .pop = name.first, .name = name.second});
      return std::any_of(revoked->begin(), revoked->end(),
                         [&](const trust::Revocation& one) { return trust::covers(one.uri, uri); });
    });
  }

 private:
  std::shared_ptr<rpc::Admission> admission() const {
    if (!trust_) return nullptr;
    return std::make_shared<rpc::Admission>(trust_->registrar->shared_guard(),
                                            trust::Kinds{trust::Kind::Edge});
  }

  const std::optional<FleetTrust> trust_;
  const std::shared_ptr<Border> border_;
  JoinService service_;
  std::unique_ptr<AuthorityService> authority_;  // null without mutual TLS
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

}  // namespace

std::expected<std::unique_ptr<FleetServer>, std::string> FleetServer::start(
    net::Loop& loop, Fleet& fleet, const std::string& listen, std::optional<FleetTrust> trust) {
  auto server = std::make_unique<Server>(loop, fleet, std::move(trust));
  if (!server->listen(listen)) {
    return std::unexpected(fmt::format(
        "cannot listen on {} for nodes: the address is in use, not of this machine, or not allowed",
        listen));
  }
  return server;
}

}  // namespace atl::control
