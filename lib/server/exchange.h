#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "lib/base/error.h"
#include "lib/base/holder.h"
#include "lib/http/request_head.h"

namespace atl::server {

// Why an exchange ended before its response was complete.
enum class Abort : uint8_t {
  ClientGone,     // closed or reset the connection
  ClientTimeout,  // too slow to send its body or to take the response
  ClientInvalid,  // the request body broke its framing
  Shutdown,       // the server is stopping
};

// How the response body is framed.
struct Framing {
  // Known length; absent: chunked to HTTP/1.1 clients, until close to HTTP/1.0 ones. (In respond(),
  // where the whole body is at hand, absent means its size.)
  std::optional<uint64_t> length = 0;
  // The body is not sent although `length` describes it: HEAD, 304. To HEAD none is sent in any
  // case.
  bool bodiless = false;
};

// The server's half of one exchange: how an application answers. Made by a connection (HTTP/1.1,
// HTTP/2), valid from Application::on_request() until finish or on_abort(). Loop thread.
//
// The response head is handed over as finished HTTP/1.1 bytes: a status line and field lines, each
// ended by CRLF, in any number of pieces, without connection-specific fields, Content-Length,
// Transfer-Encoding or the empty line, which the connection adds (so that one stored head serves
// every framing). A connection of another version translates.
class Responder {
 public:
  virtual ~Responder() = default;

  // A 1xx other than 100 and 101; before the final head. `lines` as above.
  virtual void inform(std::string_view lines) = 0;

  // The whole response in one call: the hit path. The bytes of `head` are copied or sent during the
  // call; those of `body` must stay valid until `holder` is released. Ends the exchange; the
  // handler hears nothing more.
  virtual void respond(std::span<const std::string_view> head,
                       std::span<const std::string_view> body, Framing framing, Holder holder) = 0;

  // The response in steps: head once, then body pieces, then finish(). write() returns false when
  // enough is queued: wait for Handler::on_writable(). The bytes must stay valid until `holder` is
  // released.
  virtual void begin(std::span<const std::string_view> head, Framing framing) = 0;
  virtual bool write(std::string_view piece, Holder holder) = 0;
  // `trailers`: field lines; sent only in chunked framing. Ends the exchange.
  virtual void finish(std::string_view trailers = {}) = 0;

  // The response cannot be completed: closes so that the client sees a truncated message. Ends the
  // exchange.
  virtual void fail() = 0;

  // Request body back-pressure. Bodies start paused, so that nothing is read (and no 100 is sent)
  // before the application wants it.
  virtual void read_body() = 0;
  virtual void pause_body() = 0;

  virtual std::string_view client_address() const = 0;
};

}  // namespace atl::server
