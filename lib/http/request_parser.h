#pragma once

#include <llhttp.h>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/http/request_head.h"

namespace atl::http {

// With which status, and why, a request is refused. `reason` is static text for people.
struct Refusal {
  uint16_t status;
  const char* reason;
};

struct HeadLimits {
  size_t request_line = 8 * 1024;  // 414
  size_t head = 32 * 1024;         // 431; the request line and all field lines
  size_t fields = 128;             // 431
};

// A parsed head and the bytes it points into. Reused from request to request, so that parsing does
// not allocate once warm.
struct HeadStorage {
  std::string bytes;
  std::vector<Field> fields;
  RequestHead head;
};

// RFC 9112 request parsing for one connection: llhttp, and around it the rules that llhttp leaves
// to its caller or is lenient about. No sockets, no clock. Bytes go in, in any split; what passes
// is safe to forward.
class RequestParser {
 public:
  explicit RequestParser(const HeadLimits& limits);

  // How far a search for the end of a head has come; 0 to begin with.
  struct Search {
    size_t scanned = 0;
  };

  // The length of the complete head (empty lines before it included) that `input` begins with; 0
  // when it is not complete yet; a refusal when no continuation can make it acceptable. `search`
  // spares looking at the same bytes again when `input` has grown.
  std::expected<size_t, Refusal> find_head(std::string_view input, Search& search) const;

  // Parses what find_head() found. The head's views point into `out.bytes`.
  std::expected<void, Refusal> parse_head(std::string_view bytes, HeadStorage& out);

  // The body of the request whose head was parsed last, when it has one.
  class BodySink {
   public:
    virtual ~BodySink() = default;
    virtual void on_body(std::string_view bytes) = 0;
  };
  struct BodyProgress {
    size_t consumed = 0;
    bool complete = false;
  };
  // Consumes input up to the end of the body at most.
  std::expected<BodyProgress, Refusal> parse_body(std::string_view input, BodySink& sink);

  // Field lines after the last chunk (RFC 9110 section 6.5), those that must not be there left out.
  // Valid once the body is complete, until the next head.
  std::string_view trailers() const { return trailers_; }

 private:
  struct Callbacks;

  std::expected<void, Refusal> check_request_line(std::string_view line, RequestHead& head) const;
  std::expected<void, Refusal> check_fields(RequestHead& head, bool keep_alive);
  std::expected<void, Refusal> resolve_target(RequestHead& head) const;
  std::expected<void, Refusal> check_framing(RequestHead& head) const;
  bool check_chunk_framing(const char* until);
  void end_trailer_line();

  HeadLimits limits_;
  llhttp_t machine_;
  HeadStorage* storage_ = nullptr;  // during parse_head()

  // Body in progress.
  uint64_t remaining_ = 0;  // of a body of known length
  bool chunked_ = false;
  bool body_complete_ = true;
  bool keep_alive_ = false;
  BodySink* sink_ = nullptr;            // during parse_body()
  const char* framing_from_ = nullptr;  // first byte of chunk framing that was not looked at yet
  bool after_cr_ = false;
  size_t framing_bytes_ = 0;  // since the last content
  std::string trailers_;
  std::string trailer_name_;
  std::string trailer_value_;
};

}  // namespace atl::http
