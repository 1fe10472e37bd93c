#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "edge/cache/view.h"
#include "lib/base/clock.h"

namespace atl::cache {

// A stored head: "HTTP/1.1 200 OK\r\n" and field lines, each ended by CRLF, without the empty line,
// as server::Responder takes it. What depends on the moment or on the connection is not in it: Age,
// Content-Length, Transfer-Encoding, Connection and what Connection lists, and the other fields of
// RFC 9111 section 3.1.

struct HeadSource {
  uint16_t status = 200;
  std::string_view reason;  // empty: the usual phrase, if there is one
  http::Fields fields;      // end-to-end or not: what must not be stored is left out
  WallTime received{};      // becomes Date when upstream sent none (RFC 9110 section 6.6.1)
  std::string_view
      via;  // pseudonym ("atoll-fra"): "Via: 1.1 atoll-fra" is added; empty: nothing is
};

// Replaces what `out` held. Names and values must have passed the reader's checks (no CR, LF, NUL).
void build_head(const HeadSource& source, std::string& out);

// True for fields that are never stored beside the hop-by-hop ones (lib/http/hop_by_hop.h): those
// of proxy authentication, and what the server computes afresh (Age, Content-Length).
bool is_never_stored(std::string_view name);

// Views of the field lines of a stored head, in order; they live as long as `head`.
void read_head(std::string_view head, std::vector<http::Field>& out);
// The first value of a field in a stored head; null data() when absent. No allocation.
std::string_view find_in_head(std::string_view head, std::string_view name);

// RFC 9110 section 15.4.5: a 304 made of a stored 200: only Cache-Control, CDN-Cache-Control,
// Content-Location, Date, ETag, Expires, Last-Modified, Vary and Via. Replaces what `out` held.
void build_not_modified_head(std::string_view stored, std::string& out);

// RFC 9110 section 15.3.7: a 206 made of a stored 200. `content_range` empty for multipart, where
// `content_type` ("multipart/byteranges; boundary=...") takes the place of the stored one.
// `validated`: the request had If-Range, so representation fields other than those a 304 would
// carry are left out (the client has them), save for Content-Type of multipart.
struct PartialHead {
  std::string_view content_range;
  std::string_view content_type;
  bool validated = false;
};
void build_partial_head(std::string_view stored, const PartialHead& partial, std::string& out);

// RFC 9110 section 15.5.17: a 416 for a representation of `size` bytes.
void build_unsatisfiable_head(std::string_view stored, uint64_t size, std::string& out);

}  // namespace atl::cache
