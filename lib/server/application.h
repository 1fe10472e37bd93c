#pragma once

#include <memory>
#include <string_view>

#include "lib/server/exchange.h"

namespace atl::server {

// The application's half of one exchange that was not answered at once.
class Handler {
 public:
  virtual ~Handler() = default;  // the connection destroys it after the exchange ended

  // Request body, after Responder::read_body(). `bytes` is valid during the call only.
  virtual void on_body(std::string_view bytes) = 0;
  // The request body is complete. `trailers`: field lines.
  virtual void on_body_end(std::string_view trailers) = 0;
  // After Responder::write() returned false: room again.
  virtual void on_writable() = 0;
  // The exchange ended early; the Responder must not be used any more.
  virtual void on_abort(Abort why) = 0;
};

// What a server serves. One per worker; loop thread only.
class Application {
 public:
  virtual ~Application() = default;

  // A request head arrived and passed every check. Either answers at once with respond() or fail()
  // and returns null, or returns the handler that will answer. `head` and what it points to stay
  // valid until the exchange ends.
  virtual std::unique_ptr<Handler> on_request(const http::RequestHead& head,
                                              Responder& responder) = 0;

  // A request was refused by the server itself (malformed, too large, too slow); for counting and
  // the access log. `status` is what the client was sent.
  virtual void on_refused(uint16_t status, const char* reason) = 0;
};

}  // namespace atl::server
