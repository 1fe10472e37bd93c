#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/rpc/failure.h"

// How a program answers atl.v1.Origin. Free of gRPC.
//
// Threads: gRPC's threads, the server's timer and the handler's own threads meet here. Responder
// methods may be called on any thread, one at a time. Handler callbacks come on any thread, also
// while the handler itself is inside a Responder call; they hand over to the handler's own thread
// and return soon.

namespace atl::rpc {

// Mirrors atl.v1.RequestHead; has passed the checks of lib/rpc/field_check.h.
struct OriginRequest {
  std::string source;
  std::string method;
  std::string scheme;
  std::string authority;
  std::string target;
  std::string fields;                       // field lines, without Host
  std::optional<uint64_t> body_length = 0;  // absent: not known beforehand
  std::string client_address;
  std::string traceparent;
  std::string request_id;
  std::chrono::milliseconds timeout{0};       // whole exchange; 0: none
  std::chrono::milliseconds head_timeout{0};  // until the final head; 0: none
  uint64_t purge = 0;                         // between two edges: what the asking one carried out
  uint64_t configuration = 0;                 // likewise: its snapshot

  bool has_body() const { return body_length.value_or(1) != 0; }
};

// Mirrors atl.v1.ResponseHead.
struct OriginResponse {
  uint16_t status = 200;
  std::string reason;
  std::string fields;                   // field lines
  std::optional<uint64_t> body_length;  // of the body that follows: 0 after HEAD, 204, 304
  std::string answered_by;
};

// Where an exchange's answer goes. Lives as long as somebody refers to it; once the exchange is
// over (end, fail, cancelled, timed out) every call is ignored and write() returns false.
class ExchangeResponder {
 public:
  virtual ~ExchangeResponder() = default;

  // 102..199 only; before head().
  virtual void inform(uint16_t status, std::string_view fields) = 0;

  // Once. False: no body is wanted yet; wait for ExchangeHandler::on_writable().
  virtual bool head(OriginResponse response) = 0;

  // A piece of the body, at most 256 KiB. False: enough is queued; wait for on_writable(), which
  // comes once for each false.
  virtual bool write(std::string piece) = 0;

  // Last calls. end() completes the response; fail() may follow a head and cuts the body off.
  virtual void end(std::string trailers = {}) = 0;
  virtual void fail(ExchangeFailure failure) = 0;

  // Asks for the next piece of the request body: one on_body() or on_body_end() follows, if the
  // exchange lives.
  virtual void read_body() = 0;

  // The request has gone to an upstream, which may act on it: failures that the server itself finds
  // (timeouts) say so. Until then they say that it may be tried again.
  virtual void request_sent() = 0;
};

// The source's half of one exchange. Held by the server until the exchange is over.
class ExchangeHandler {
 public:
  virtual ~ExchangeHandler() = default;
  virtual void on_writable() = 0;
  virtual void on_body(std::string piece) = 0;
  virtual void on_body_end(std::string trailers) = 0;  // the request body arrived whole
  // Nobody waits for the answer any more: stop and let go of the responder.
  virtual void on_cancel() = 0;
};

struct SourceStatus {
  std::string name;
  std::string type;
  bool ready = true;
  std::string detail;  // why not ready
};

// What a server serves. Must outlive it.
class ExchangeService {
 public:
  virtual ~ExchangeService() = default;

  // A request arrived. Called on a gRPC thread; must not wait. May answer at once and return null;
  // otherwise returns the handler that will answer.
  virtual std::shared_ptr<ExchangeHandler> open(std::shared_ptr<const OriginRequest> request,
                                                std::shared_ptr<ExchangeResponder> responder) = 0;
  virtual std::vector<SourceStatus> describe() = 0;
};

}  // namespace atl::rpc
