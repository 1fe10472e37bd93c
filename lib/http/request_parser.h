#pragma once

#include <llhttp.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/http/field.h"
#include "lib/http/refusal.h"
#include "lib/http/request_head.h"

namespace atl::http {

struct HeadLimits {
  size_t request_line = 8 * 1024;  // 414
  size_t head = 32 * 1024;         // request line and field lines; 431
  size_t fields = 128;             // 431
};

// Reads one request head at a time (RFC 9112 sections 2 to 3, and what RFC 9110 demands of a
// request). No sockets, no clock. Bytes go in, in any split, and each is looked at once: a strict
// scan first (every CR before an LF and the reverse, names are tokens, no folding, no control
// bytes), then llhttp over the complete head, then the rules that llhttp leaves to its caller. What
// comes out is safe to forward.
//
// Keeps its buffers from request to request, so that reading a head does not allocate once warm.
// The head is copied out of the caller's buffer: an exchange may last longer than the loop's read
// buffer keeps its bytes, and copying a head costs nanoseconds.
class RequestParser {
 public:
  enum class State : uint8_t { More, Complete, Refused };

  explicit RequestParser(const HeadLimits& limits);

  // What the connection speaks, "http" to begin with or "https": a property of it and not of the
  // request, so a target that says otherwise was misdirected. Static text. Between heads.
  void set_scheme(std::string_view scheme) { scheme_ = scheme; }
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Takes input up to the end of the head and returns how much that was. Only while state() is
  // More.
  size_t feed(std::string_view input);

  State state() const { return state_; }
  // A byte of a request was received; empty lines before it do not count.
  bool begun() const { return !bytes_.empty(); }
  // Nothing was received at all since reset().
  bool untouched() const { return at_ == At::Start && empty_lines_ == 0; }
  // When Complete. Valid until reset().
  const RequestHead& head() const { return head_; }
  // When Refused.
  const Refusal& refusal() const { return refusal_; }

  // Ready for the next head.
  void reset();

 private:
  struct Callbacks;
  // What the next byte belongs to.
  enum class At : uint8_t {
    Start,      // or an empty line before the request line
    StartLf,    // of such a line
    Line,       // request line
    LineLf,     //
    LineEnd,    // between the request line and the rest: time to look at it
    FieldLine,  // first byte of a field line, or of the empty line
    Name,       //
    Value,      //
    ValueLf,    //
    EndLf,      // of the empty line
    End,
  };

  size_t scan(std::string_view input);
  bool scan_start(char byte);
  void refuse(uint16_t status, const char* reason);
  void check_request_line();
  void parse();
  bool run_llhttp();
  bool read_fields();
  bool read_framing(const Field* length, const Field* coding, size_t framing_fields);
  bool read_target(const Field* host, size_t hosts);
  bool read_absolute_form();

  const HeadLimits limits_;
  State state_ = State::More;
  At at_ = At::Start;
  uint8_t empty_lines_ = 0;
  size_t field_lines_ = 0;
  Refusal refusal_;
  std::string bytes_;
  size_t method_size_ = 0;  // of the request line, once it was checked
  size_t target_size_ = 0;
  std::vector<Field> fields_;
  std::string_view scheme_ = "http";
  RequestHead head_;
  std::string scratch_;  // a path that is not a part of `bytes_`
  llhttp_t machine_;
};

}  // namespace atl::http
