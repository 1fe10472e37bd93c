#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/cache/object.h"
#include "edge/cache/range.h"
#include "edge/fetch/response_head.h"
#include "edge/frontend/cache_status.h"
#include "edge/frontend/journal.h"
#include "edge/identity.h"
#include "lib/base/clock.h"
#include "lib/http/date.h"
#include "lib/http/request_head.h"
#include "lib/server/exchange.h"

namespace atl::edge {

// A response of this node's own.
struct Notice {
  uint16_t status = 500;
  std::string_view detail;    // static token, as in Cache-Status
  std::string_view sentence;  // for people
  std::string_view extra;     // more field lines, each ended by CRLF
};

// Which part of a representation a client gets, decided from its preconditions and ranges.
struct Selection {
  enum class Kind : uint8_t { Whole, NotModified, Partial, Multipart, Unsatisfiable };
  Kind kind = Kind::Whole;
  cache::RangeDecision ranges;  // Partial, Multipart
  bool validated = false;       // Partial, Multipart: there was an If-Range
  // Partial: the origin's own Content-Range, where that is passed on.
  std::optional<cache::ByteRange> named = std::nullopt;
};

// The response a client's preconditions and ranges are held against.
struct Representation {
  std::string_view head;
  cache::StoredView validators;
  uint64_t size = 0;
};

// RFC 9110 section 13.2.2: preconditions first, ranges then. `size` must be known for ranges.
Selection select(const http::RequestHead& request, const Representation& representation);

// Whether a response to this request has no body whatever its head says (RFC 9110 section 6.4.1).
bool is_bodiless(std::string_view method, uint16_t status);

// An answer that is passed on in stretches of a representation.
struct PartAnswer {
  uint16_t status = 200;
  std::string head;     // empty: the stored one
  uint64_t length = 0;  // of the body
  struct Section {
    std::string text;  // comes before the range
    cache::ByteRange range;
  };
  std::vector<Section> sections;
  std::string end;  // comes after the last one
};
// Whole, Partial or Multipart of a stored representation; `head`: what is shown of its head.
PartAnswer answer_in_parts(const cache::Object& stored, std::string_view head,
                           const Selection& selection);
// A head under another status, into `out`.
void relabel_head(std::string_view head, uint16_t status, std::string& out);

// Writes complete answers, each into the journal first: once an exchange has ended nothing of it
// may be touched. One per worker: its buffers are reused, so that a stored response leaves without
// an allocation. Loop thread.
class Answerer {
 public:
  Answerer(const Identity& identity, Journal& journal) : identity_(identity), journal_(journal) {}

  // A stored response, in the form the client's preconditions and ranges ask for. `account`: all
  // but what was sent.
  void stored(const Exchange& exchange, cache::Pin object, const CacheStatus& status, WallTime now,
              Account account);
  // A stored response as an error page: whole, under another status.
  void error_page(const Exchange& exchange, cache::Pin object, uint16_t response_status,
                  const CacheStatus& status, WallTime now, Account account);
  // An error of this node's own.
  void notice(const Exchange& exchange, const Notice& notice, const CacheStatus& status,
              WallTime now, Account account);
  // 204 with Allow, to an OPTIONS that ends here.
  void options(const Exchange& exchange, std::string_view allow, WallTime now, Account account);

  // "Age" (when `age` is given) and "Cache-Status".
  void add_lines(LineBuffer& out, const CacheStatus& status,
                 std::optional<std::chrono::seconds> age) const;

 private:
  // One stored response on its way out.
  struct Reply {
    const Exchange& exchange;
    std::string_view lines;  // Age and Cache-Status
    WallTime now;
    Account account;
  };
  void whole(Reply& reply, cache::Pin object);
  void not_modified(Reply& reply, const cache::Object& object);
  void partial(Reply& reply, cache::Pin object, const Selection& selection);
  void multipart(Reply& reply, cache::Pin object, const Selection& selection);
  void unsatisfiable(Reply& reply, const cache::Object& object);
  // Journal, then the client: the last thing that happens to an exchange.
  void send(Reply& reply, std::string_view head, Sent sent, server::Framing framing, Holder holder);
  void collect(const cache::Object& object, cache::ByteRange range);
  // Valid until the next call.
  std::string_view head_for(const Exchange& exchange, const cache::Object& object);

  const Identity& identity_;
  Journal& journal_;
  http::DateLine date_;
  std::string scratch_;
  std::string peer_head_;
  std::vector<std::string_view> pieces_;
};

}  // namespace atl::edge
