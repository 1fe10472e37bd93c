#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "lib/http/field.h"

namespace atl::http {

// A request head that has passed every syntactic check (RFC 9110, 9112). All views point into the
// connection's buffer and live until its exchange ends.
struct RequestHead {
  std::string_view method;
  // As received: origin-form, absolute-form or "*".
  std::string_view target;
  // Path and query in origin-form: of an absolute-form target the part after the authority.
  std::string_view path_and_query;
  // From an absolute-form target, else from Host (RFC 9112 section 3.2). Empty only for HTTP/1.0.
  std::string_view authority;
  std::string_view scheme;  // "http" or "https"
  Fields fields;
  uint8_t version_minor = 1;  // HTTP/1.minor
  bool keep_alive = true;     // the client can take another response on this connection
  bool expects_continue = false;
  bool chunked = false;
  // Of the body; 0 when there is none; absent when chunked.
  std::optional<uint64_t> body_length = 0;

  bool has_body() const { return chunked || body_length.value_or(1) != 0; }
};

}  // namespace atl::http
