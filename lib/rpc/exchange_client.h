#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/net/loop.h"
#include "lib/net/tls/tls_client_context.h"
#include "lib/rpc/failure.h"
#include "lib/trust/credentials.h"
#include "lib/trust/guard.h"

// The edge's side of atl.v1.Origin. This header is free of gRPC: only lib/rpc's sources include it.

namespace atl::rpc {

// Mirrors atl.v1.RequestHead. Views must stay valid during open() only.
struct ExchangeHead {
  std::string_view source;
  std::string_view method;
  std::string_view scheme;
  std::string_view authority;
  std::string_view target;
  std::string_view fields;  // field lines, see proto/origin.proto
  std::optional<uint64_t> body_length = 0;
  std::string_view client_address;
  std::string_view traceparent;
  std::string_view request_id;
  std::chrono::milliseconds timeout{0};
  std::chrono::milliseconds head_timeout{0};
  uint64_t purge = 0;          // between two edges only
  uint64_t configuration = 0;  // likewise
  // A connection to the endpoint that has exchanges on it and has been silent for so long, a PING
  // included, is given up. Whoever asks an endpoint first decides for all.
  std::chrono::milliseconds patience{15'000};
  // Under mutual TLS: whose certificate the endpoint must show, such as "atoll://pop/fra/node/0".
  // Empty: any origin's or control plane's. Whoever asks last decides for all.
  std::string_view certificate = {};
};

struct ExchangeResponseHead {
  uint16_t status;
  std::string_view reason;
  std::string_view fields;  // field lines; verified: no bare CR, LF or NUL, every line has a name
  std::optional<uint64_t> body_length;  // of the body that follows: 0 after HEAD, 204, 304
  std::string_view answered_by;         // member of an origin group; empty when there is no group
};

// Hears the answer. Called on the loop on which the exchange was opened, never inside open(). Views
// are valid during the call only, except body chunks, which are given away.
class ExchangeObserver {
 public:
  virtual ~ExchangeObserver() = default;
  virtual void on_informational(uint16_t status, std::string_view fields) = 0;
  virtual void on_head(const ExchangeResponseHead& head) = 0;
  virtual void on_body(std::string chunk) = 0;
  virtual void on_end(std::string_view trailers) = 0;           // last call
  virtual void on_failure(const ExchangeFailure& failure) = 0;  // last call
  virtual void on_request_writable() = 0;  // after send_body() returned false: room again
};

// One exchange in progress. Destroying it before on_end/on_failure cancels it: the observer hears
// nothing more and the origin is told. May be destroyed inside any callback of its observer. Must
// be destroyed before its client.
class ExchangeCall {
 public:
  virtual ~ExchangeCall() = default;

  // Body back-pressure: no more on_body after pause() (one chunk already under way may still come),
  // until resume(). At most 512 KiB are buffered beneath.
  virtual void pause() = 0;
  virtual void resume() = 0;

  // Request body, when ExchangeHead::body_length was not 0. False: wait for on_request_writable().
  // end_body() must follow unless the exchange ended before; more or fewer bytes than announced
  // fail the exchange (BadRequest). Both are ignored once the exchange has ended.
  virtual bool send_body(std::string_view bytes) = 0;
  virtual void end_body(std::string_view trailers) = 0;
};

// Connections to origins for one loop. Keeps one Multiplex stream per endpoint, opened on first use
// and reopened with back-off (50 ms to 1 s); exchanges with a large request body use a stream of
// their own. While an endpoint is known to be down, exchanges fail at once (in a later turn) and
// the endpoint is tried in the background until nobody has asked for it for five minutes.
class ExchangeClient {
 public:
  virtual ~ExchangeClient() = default;
  // `endpoint`: "host:port". `observer` must outlive the call or its last callback.
  virtual std::unique_ptr<ExchangeCall> open(std::string_view endpoint, const ExchangeHead& head,
                                             ExchangeObserver& observer) = 0;
  // Connections that are made from now on shake hands: TLS 1.3, with certificates at both ends.
  // Called again when this program's certificate was renewed (calls in progress go on), or when
  // `guard` knows more (connections to whoever was revoked break). Before the first open(), or the
  // first connections are plain.
  virtual void use_tls(std::shared_ptr<const net::TlsClientContext> context,
                       std::shared_ptr<const trust::Guard> guard) = 0;
  // `endpoint` as last seen; nullopt: never tried.
  virtual std::optional<bool> reachable(std::string_view endpoint) const = 0;
};

std::unique_ptr<ExchangeClient> make_exchange_client(net::Loop& loop);

// The context for use_tls(). The error is a sentence without an end.
std::expected<std::shared_ptr<const net::TlsClientContext>, const char*> make_client_context(
    const trust::Credentials& credentials);

}  // namespace atl::rpc
