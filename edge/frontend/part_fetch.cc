#include "edge/frontend/part_fetch.h"

#include <fmt/format.h>

#include <utility>

#include "edge/cache/part.h"

namespace atl::edge {
namespace {

// No variant key begins with it (cache/vary.h).
constexpr char kPart = '\x01';

cache::Parts parts_of(FrontendContext& context) {
  return {context.store, context.fetches.context().limits.part_block};
}

}  // namespace

std::optional<uint64_t> first_missing(const cache::Parts& parts, const cache::Object& outline,
                                      const Selection& selection) {
  switch (selection.kind) {
    case Selection::Kind::NotModified:
    case Selection::Kind::Unsatisfiable:
      return std::nullopt;
    case Selection::Kind::Whole:
      if (outline.body_size() == 0) return std::nullopt;
      return parts.first_missing(outline, {0, outline.body_size() - 1});
    case Selection::Kind::Partial:
    case Selection::Kind::Multipart:
      for (const cache::ByteRange& range : selection.ranges.view()) {
        if (const auto missing = parts.first_missing(outline, range)) return missing;
      }
      return std::nullopt;
  }
  return std::nullopt;
}

Selection select_of(const http::RequestHead& request, const cache::Object& outline) {
  return select(request, {shown_part(outline.head(), outline.meta()), outline.validators(),
                          outline.body_size()});
}

bool covers(const cache::Parts& parts, const cache::Object& outline,
            const http::RequestHead& request) {
  return request.method == "GET" &&
         !first_missing(parts, outline, select_of(request, outline)).has_value();
}

uint64_t first_wanted(const Selection& selection) {
  return selection.kind == Selection::Kind::Whole ? 0 : selection.ranges.ranges[0].first;
}

std::string part_name(const cache::Object& outline, const cache::ByteRange& range) {
  return fmt::format("{}{:x}@{:x}", kPart, outline.representation(), range.first);
}

std::string part_name(std::string_view variant, const cache::RangeSpec& range) {
  return fmt::format("{}{}{}", variant, kPart, cache::range_value(range));
}

std::optional<PartAsk> first_part(const cache::RequestView& request, uint64_t block) {
  cache::RangeSet set;
  if (cache::read_ranges(request, set) != cache::RangeReason::None || set.count == 0) {
    return std::nullopt;
  }
  const auto ask = cache::first_ask(set.specs[0], block);
  if (!ask) return std::nullopt;
  return PartAsk{.range = ask->spec, .exact = ask->exact && set.count == 1, .outline = {}};
}

PartAsk revalidating_part(const cache::RequestView& request, uint64_t block) {
  return first_part(request, block)
      .value_or(PartAsk{
          .range = {cache::RangeSpec::Kind::FromTo, 0, block - 1}, .exact = false, .outline = {}});
}

PartFetch fetch_part(FrontendContext& context, const Inquiry& inquiry, KeptRequest& request,
                     const cache::Pin& outline, uint64_t offset, TransferReader* reader) {
  const cache::Parts parts = parts_of(context);
  const cache::ByteRange missing = parts.missing(*outline, offset);
  const std::string name = part_name(*outline, missing);
  auto flight = context.flights.join({inquiry.key, inquiry.hash, name}, context.loop,
                                     context.fetches.context().budget, reader);
  if (flight == nullptr) return PartFetch::Joined;
  // Between the look and here another flight may have landed.
  if (!parts.first_missing(*outline, {offset, offset})) {
    flight->finish([] {});
    flight->transfer()->confirm(outline);
    if (reader != nullptr) reader->leave();
    return PartFetch::Landed;
  }
  if (request == nullptr) request = inquiry.request;
  if (request == nullptr) {
    request = std::make_shared<UpstreamRequest>(inquiry.exchange.head,
                                                inquiry.exchange.responder.client_address());
  }
  context.fetches.start({.request = request,
                         .routes = inquiry.routes,
                         .route = inquiry.route,
                         .mode = FetchMode::Fill,
                         .may_store = true,
                         .key = inquiry.key,
                         .hash = inquiry.hash,
                         .stale = {},
                         .directives = inquiry.directives,
                         .part = PartAsk{.range = cache::ask_for(missing, outline->body_size()),
                                         .exact = false,
                                         .outline = outline},
                         .from_peer = inquiry.from_peer},
                        std::move(flight));
  return PartFetch::Led;
}

}  // namespace atl::edge
