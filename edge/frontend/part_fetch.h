#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "edge/cache/object.h"
#include "edge/cache/parts.h"
#include "edge/cache/range.h"
#include "edge/fetch/transfer.h"
#include "edge/fetch/upstream_request.h"
#include "edge/frontend/answer.h"
#include "edge/frontend/frontend.h"

namespace atl::edge {

// What of a representation is needed, and missing (docs/adr/0007). Fetches of parts collapse by
// name: one for each block at a time.

// The first byte of what was selected that is not stored; nullopt: everything is.
std::optional<uint64_t> first_missing(const cache::Parts& parts, const cache::Object& outline,
                                      const Selection& selection);
// Whether a GET for what is selected of `outline` can be answered from the store alone.
bool covers(const cache::Parts& parts, const cache::Object& outline,
            const http::RequestHead& request);
// What a request selects of `outline`.
Selection select_of(const http::RequestHead& request, const cache::Object& outline);
// The first byte of what was selected. Not for NotModified and Unsatisfiable.
uint64_t first_wanted(const Selection& selection);

// A part that belongs to a known representation.
std::string part_name(const cache::Object& outline, const cache::ByteRange& range);
// A part of whatever there is. `variant`: as in FlightName.
std::string part_name(std::string_view variant, const cache::RangeSpec& range);

// The first part of something of which nothing usable is stored: the block of the first byte that
// is asked for. Nullopt: no range is asked for, or none that can be fetched in blocks.
std::optional<PartAsk> first_part(const cache::RequestView& request, uint64_t block);

// The same for what is stale: its first block when nothing else can be asked for.
PartAsk revalidating_part(const cache::RequestView& request, uint64_t block);

// The request as it goes to the origin, made when it is needed first.
using KeptRequest = std::shared_ptr<const UpstreamRequest>;

// Puts `reader` on the fetch of the part of `outline` around `offset`, and begins that fetch unless
// it is under way. Without `reader` it is fetched for whoever comes.
enum class PartFetch : uint8_t {
  Joined,
  Led,
  Landed,  // the byte is stored by now; `reader` is on nothing
};
PartFetch fetch_part(FrontendContext& context, const Inquiry& inquiry, KeptRequest& request,
                     const cache::Pin& outline, uint64_t offset, TransferReader* reader);

}  // namespace atl::edge
