#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "edge/cache/freshness.h"
#include "edge/cache/object.h"
#include "edge/cache/range.h"
#include "edge/cache/storability.h"
#include "edge/fetch/refusal.h"
#include "edge/routing/route_table.h"
#include "lib/rpc/failure.h"

namespace atl::edge {

// A 206 that is the part it should be (cache/part.h).
struct ArrivingPart {
  cache::Pin outline;      // what it is a part of
  cache::ByteRange range;  // the bytes that the body consists of
  cache::ByteRange named;  // as its Content-Range has them; see cache::PartFacts::exact
};

// The head of a final response as every reader of a transfer gets it. Immutable once published.
struct ResponseHead {
  uint16_t status = 0;
  std::string lines;                    // cache::build_head(), then edit_head()
  std::optional<uint64_t> body_length;  // of the body that follows; absent: not known
  std::optional<uint64_t>
      announced_length;     // Content-Length as received (HEAD and 304 have no body)
  std::string variant_key;  // cache::make_variant_key() of the leader's request
  cache::Meta meta;         // for Age
  bool has_age = false;     // upstream sent Age: it came from a cache
  // The answer is being stored, so whoever waited may have it if it is their variant.
  bool shared = false;
  // Shared, but not kept here: a sibling keeps it, and it is not asked for often enough for two.
  bool passing = false;
  cache::StoreReason reason = cache::StoreReason::Status;
  // The answer to a range of our own. Then `lines` is the head of the whole, as in the outline.
  std::optional<ArrivingPart> part;
  // The answer to a range of our own is of no use to anybody: static, why.
  std::string_view part_refused;
};

// Of `lines`, what clients get.
std::string_view shown_part(std::string_view lines, const cache::Meta& meta);

// What whoever asks gets of `lines`: a client the shown part; another edge what the origin said,
// for it edits by itself and keeps the origin's tags, but with the coding that the body has. What
// has to be made for that is put into `scratch`.
std::string_view part_for(bool peer, std::string_view lines, const cache::Meta& meta,
                          std::string& scratch);

// How a response was made ready for clients that accept different codings. Nothing: it was not.
using Negotiated = std::optional<policy::Coding>;
// Of a stored response.
Negotiated negotiated(std::string_view lines, const cache::Meta& meta);

// Applies the behaviour's edits and the coding to a head as the origin sent it: what clients do not
// get is hidden in it (edge/cache/hidden.h), and `meta` says so.
void edit_head(const Behaviour& behaviour, Negotiated coding, std::string& lines,
               cache::Meta& meta);

// Why there is no response, or only a part of one.
struct UpstreamFailure {
  uint16_t status = 502;   // what a client is told if nothing else helps
  std::string_view token;  // static; for Cache-Status' detail, the log and the statistics
  std::string detail;      // for people
  // Nobody could be asked, so RFC 9111 section 4.2.4 lets a stale response stand in. False:
  // somebody could, but not now, and only RFC 5861's stale-if-error does.
  bool disconnected = true;
};

// RFC 9110 section 15.6: 504 when time ran out, 503 when the origin has no room, else 502.
UpstreamFailure describe_failure(const rpc::ExchangeFailure& failure);
// 503: no origin may be asked, and why.
UpstreamFailure describe_refusal(Refusal refusal);

}  // namespace atl::edge
