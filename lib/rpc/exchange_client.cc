#include "lib/rpc/exchange_client.h"

#include <algorithm>
#include <map>
#include <type_traits>
#include <utility>

#include "lib/http/chars.h"
#include "lib/rpc/client_call.h"
#include "lib/rpc/client_endpoint.h"
#include "lib/rpc/client_streams.h"
#include "lib/rpc/field_check.h"

namespace atl::rpc {
namespace {

using client::Call;
using client::Endpoint;
using client::Shared;

// As long as an endpoint waits for the whole of its connecting.
constexpr std::chrono::milliseconds kHandshakeTime{3'000};

bool printable_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
}

// Why this head cannot be sent, or null. Text fields are ASCII, or protobuf at the other end would
// refuse the whole message, with everybody else's exchanges in it.
const char* find_problem(const ExchangeHead& head) {
  if (head.source.empty() || !printable_ascii(head.source)) return "no name of a source";
  if (!http::is_token(head.method)) return "the method is not a token";
  if (head.scheme != "http" && head.scheme != "https") return "the scheme is unknown";
  if (!valid_authority(head.authority)) return "the authority is malformed";
  if (!valid_target(head.target)) return "the request target is malformed";
  if (!valid_field_block(head.fields)) return "the request fields are malformed";
  if (!printable_ascii(head.client_address) || !printable_ascii(head.traceparent) ||
      !printable_ascii(head.request_id)) {
    return "the client's address, trace or request id is malformed";
  }
  return nullptr;
}

uint32_t to_wire(std::chrono::milliseconds duration) {
  return static_cast<uint32_t>(std::clamp<int64_t>(duration.count(), 0, UINT32_MAX));
}

v1::RequestHead encode(const ExchangeHead& head) {
  v1::RequestHead out;
  out.set_source(std::string(head.source));
  out.set_method(std::string(head.method));
  out.set_scheme(std::string(head.scheme));
  out.set_authority(std::string(head.authority));
  out.set_target(std::string(head.target));
  out.set_fields(std::string(head.fields));
  if (head.body_length) out.set_body_length(*head.body_length);
  out.set_client_address(std::string(head.client_address));
  out.set_timeout_ms(to_wire(head.timeout));
  out.set_head_timeout_ms(to_wire(head.head_timeout));
  out.set_traceparent(std::string(head.traceparent));
  out.set_request_id(std::string(head.request_id));
  out.set_purge(head.purge);
  out.set_configuration(head.configuration);
  return out;
}

class Client final : public ExchangeClient, public client::Inbox::Reader {
 public:
  explicit Client(net::Loop& loop) : shared_(std::make_shared<Shared>(loop)) {
    shared_->inbox = std::make_shared<client::Inbox>(loop, *this);
  }

  ~Client() override {
    while (!shared_->calls.empty()) shared_->calls.begin()->second->orphan();
    endpoints_.clear();
    shared_->inbox->close();
  }

  std::unique_ptr<ExchangeCall> open(std::string_view endpoint, const ExchangeHead& head,
                                     ExchangeObserver& observer) override {
    auto it = endpoints_.find(endpoint);
    if (it == endpoints_.end()) {
      it = endpoints_
               .try_emplace(std::string(endpoint), shared_, std::string(endpoint),
                            std::string(head.certificate), head.patience)
               .first;
    }
    it->second.expect(head.certificate);
    const char* problem = find_problem(head);
    return std::make_unique<Call>(shared_, it->second, observer,
                                  problem == nullptr ? encode(head) : v1::RequestHead(), problem);
  }

  void use_tls(std::shared_ptr<const net::TlsClientContext> context,
               std::shared_ptr<const trust::Guard> guard) override {
    const auto& now = shared_->security;
    if (now == nullptr || now->context != context || now->guard != guard) {
      auto connector =
          now != nullptr ? now->connector : net::TlsConnector::make(shared_->loop, kHandshakeTime);
      shared_->security = std::make_shared<const ClientSecurity>(
          ClientSecurity{std::move(connector), std::move(context), std::move(guard)});
    }
    for (auto& [address, endpoint] : endpoints_) endpoint.recheck();
  }

  std::optional<bool> reachable(std::string_view endpoint) const override {
    const auto it = endpoints_.find(endpoint);
    return it == endpoints_.end() ? std::nullopt : it->second.reachable();
  }

 private:
  void on_event(client::Event& event) override {
    std::visit([this](auto& e) { handle(e); }, event);
  }

  void handle(client::MuxMessage& event) {
    const auto it = shared_->muxes.find(event.stream);
    if (it != shared_->muxes.end()) it->second->on_message(*event.message);
  }
  void handle(client::MuxClosed& event) {
    const auto it = shared_->muxes.find(event.stream);
    if (it != shared_->muxes.end()) {
      it->second->on_closed(event.stream, event.last_sent, event.detail);
    }
  }
  void handle(client::StreamMessage& event) {
    if (Call* call = shared_->find(event.stream)) call->on_message(event.message.get());
  }
  void handle(client::StreamWritten& event) {
    if (Call* call = shared_->find(event.stream)) call->on_written(event.ok);
  }
  void handle(client::StreamClosed& event) {
    if (Call* call = shared_->find(event.stream)) call->on_closed(event.detail);
  }

  const std::shared_ptr<Shared> shared_;
  std::map<std::string, Endpoint, std::less<>> endpoints_;  // never removed: calls refer to them
};

}  // namespace

std::unique_ptr<ExchangeClient> make_exchange_client(net::Loop& loop) {
  return std::make_unique<Client>(loop);
}

std::expected<std::shared_ptr<const net::TlsClientContext>, const char*> make_client_context(
    const trust::Credentials& credentials) {
  return net::TlsClientContext::make(
      {.key = credentials.key, .chain = credentials.chain, .authority = credentials.authority},
      "h2");
}

}  // namespace atl::rpc
