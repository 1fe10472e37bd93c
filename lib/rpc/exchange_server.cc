#include "lib/rpc/exchange_server.h"

#include <grpcpp/grpcpp.h>
#include <sys/random.h>

#include <expected>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "lib/rpc/contract.h"
#include "lib/rpc/grpc_credentials.h"
#include "lib/rpc/server_streams.h"

namespace atl::rpc {
namespace {

std::string random_name() {
  uint64_t bits = 0;
  if (getrandom(&bits, sizeof bits, 0) != sizeof bits) return "unnamed";
  std::string name;
  for (; bits != 0; bits >>= 4) name += "0123456789abcdef"[bits & 15];
  return name;
}

class OriginService final : public v1::Origin::CallbackService {
 public:
  explicit OriginService(std::shared_ptr<ServerCore> core) : core_(std::move(core)) {}

  grpc::ServerBidiReactor<v1::MultiplexRequest, v1::MultiplexResponse>* Multiplex(
      grpc::CallbackServerContext* context) override {
    auto caller = admit(*context);
    if (!caller) return new Turned<Multiplexing>(caller.error());
    const std::shared_ptr<MuxReactor> reactor = MuxReactor::start(core_, *std::move(caller));
    const std::lock_guard lock(mutex_);
    std::erase_if(muxes_, [](const auto& weak) { return weak.expired(); });
    muxes_.push_back(reactor);
    if (core_->stopping) reactor->drain();
    return reactor.get();
  }

  grpc::ServerBidiReactor<v1::ExchangeRequest, v1::ExchangeResponse>* Exchange(
      grpc::CallbackServerContext* context) override {
    auto caller = admit(*context);
    if (!caller) return new Turned<Exchanging>(caller.error());
    return ExchangeReactor::start(core_, *std::move(caller)).get();
  }

  grpc::ServerUnaryReactor* Describe(grpc::CallbackServerContext* context,
                                     const v1::DescribeRequest*,
                                     v1::DescribeResponse* response) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    if (const auto caller = admit(*context); !caller) {
      reactor->Finish(caller.error());
      return reactor;
    }
    for (const SourceStatus& source : core_->service.describe()) {
      v1::DescribeResponse::Source& out = *response->add_source();
      out.set_name(printable(source.name));
      out.set_type(printable(source.type));
      out.set_ready(source.ready);
      out.set_detail(printable(source.detail));
    }
    response->set_version(core_->options.version);
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  void drain() {
    const std::lock_guard lock(mutex_);
    for (const std::weak_ptr<MuxReactor>& weak : muxes_) {
      if (const std::shared_ptr<MuxReactor> mux = weak.lock()) mux->drain();
    }
  }

 private:
  using Multiplexing = grpc::ServerBidiReactor<v1::MultiplexRequest, v1::MultiplexResponse>;
  using Exchanging = grpc::ServerBidiReactor<v1::ExchangeRequest, v1::ExchangeResponse>;

  // Null without mutual TLS.
  std::expected<std::shared_ptr<const trust::Caller>, grpc::Status> admit(
      const grpc::CallbackServerContext& context) const {
    if (core_->guests == nullptr) return nullptr;
    return core_->guests->admission().admit(context);
  }

  const std::shared_ptr<ServerCore> core_;
  std::mutex mutex_;
  std::vector<std::weak_ptr<MuxReactor>> muxes_;
};

class Server final : public ExchangeServer {
 public:
  explicit Server(std::shared_ptr<ServerCore> core) : core_(std::move(core)), service_(core_) {}
  ~Server() override { stop(std::chrono::milliseconds(0)); }

  bool listen() {
    grpc::ServerBuilder builder;
    builder.SetMaxReceiveMessageSize(kMaxMessage);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);  // a taken port is an error
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                               static_cast<int>(core_->options.streams));
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 1'000);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 20'000);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
    builder.AddListeningPort(core_->options.listen, credentials(), &port_);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    return server_ != nullptr;
  }

  uint16_t port() const override { return static_cast<uint16_t>(port_); }

  void recheck() override {
    if (core_->guests != nullptr) core_->guests->recheck();
  }

  void stop(std::chrono::milliseconds grace) override {
    if (server_ == nullptr) return;
    core_->stopping = true;
    service_.drain();
    server_->Shutdown(std::chrono::system_clock::now() + grace);
    server_->Wait();
    core_->tickets.close();
    core_->deadlines.stop();
    server_.reset();
  }

 private:
  std::shared_ptr<grpc::ServerCredentials> credentials() const {
    const std::optional<ServerTrust>& trust = core_->options.trust;
    if (!trust) return grpc::InsecureServerCredentials();
    return server_credentials(trust->files, ClientCertificate::Required);
  }

  const std::shared_ptr<ServerCore> core_;
  OriginService service_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

}  // namespace

std::expected<std::unique_ptr<ExchangeServer>, std::string> ExchangeServer::start(
    ServerOptions options, ExchangeService& service) {
  const std::string address = options.listen;
  auto core = std::make_shared<ServerCore>(std::move(options), service);
  core->instance = random_name();
  if (const std::optional<ServerTrust>& trust = core->options.trust) {
    core->guests =
        std::make_shared<Guests>(std::make_shared<Admission>(trust->guard, trust->callers));
  }
  auto server = std::make_unique<Server>(std::move(core));
  if (!server->listen()) {
    return std::unexpected("cannot listen on " + address +
                           ": the address is in use, not of this machine, or not allowed");
  }
  return server;
}

}  // namespace atl::rpc
