#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "lib/server/exchange.h"
#include "lib/server/output_batch.h"

namespace atl::server {

// What of the request decides how its response is framed.
struct ResponseTerms {
  bool head_request = false;  // HEAD: no body, whatever the application gives
  bool http10 = false;
  bool keep_alive = true;  // another response may follow on the connection
};

// Frames one response (RFC 9112 section 6) into an OutputBatch and holds the application to what it
// announced.
class ResponseWriter {
 public:
  enum class Mode : uint8_t {
    None,        // no head yet
    Bodiless,    // HEAD, 204, 304
    Sized,       // Content-Length
    Chunked,     //
    UntilClose,  // to HTTP/1.0, when the length is not known
  };

  // `head`: status line and field lines; see Responder.
  void begin(OutputBatch& out, std::span<const std::string_view> head, const Framing& framing,
             const ResponseTerms& terms);
  // Adds a piece of the body, by reference. False if there is more of it than was announced.
  bool body(OutputBatch& out, std::string_view piece);
  // Ends the body. False if there was less of it than was announced.
  bool end(OutputBatch& out, std::string_view trailers);

  Mode mode() const { return mode_; }
  // Whether a client that gets no more than this can tell that something is missing.
  bool shows_truncation() const {
    return mode_ == Mode::None || mode_ == Mode::Chunked || (mode_ == Mode::Sized && left_ > 0);
  }
  void reset() { mode_ = Mode::None; }

 private:
  Mode mode_ = Mode::None;
  bool drops_body_ = false;  // HEAD
  uint64_t left_ = 0;        // of a Sized body
};

}  // namespace atl::server
