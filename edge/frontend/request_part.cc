// Request: answers from a representation of which only parts are stored (docs/adr/0007).

#include <array>
#include <utility>
#include <vector>

#include "edge/cache/head.h"
#include "edge/cache/part.h"
#include "edge/cache/range.h"
#include "edge/frontend/request.h"
#include "lib/http/field_lookup.h"

namespace atl::edge {
namespace {

// Times that a request asks for parts before it goes to the origin as the client sent it.
constexpr unsigned kAsks = 4;

bool needs_body(const Selection& selection) {
  return selection.kind != Selection::Kind::NotModified &&
         selection.kind != Selection::Kind::Unsatisfiable;
}

bool holds(const cache::ByteRange& outer, const cache::ByteRange& inner) {
  return outer.first <= inner.first && inner.last <= outer.last;
}

}  // namespace

// ---- Asking ------------------------------------------------------------------------------------

bool Request::has_usable_outline() const {
  const cache::Store::Found& found = inquiry_.found;
  if (!found || !found.object->is_outline()) return false;
  return found.judgement.verdict == cache::Verdict::Fresh || confirmed_ ||
         plan().forward == Forward::Hit;
}

// Answers from the store, or fetches the first part that is missing.
Request::Next Request::use_outline(cache::Store::Found found) {
  // A page answers for something else, so the client's ranges are none of it.
  if (inquiry_.page != nullptr) return go_alone("error-page");
  inquiry_.found = std::move(found);
  const cache::Pin outline = inquiry_.found.object;
  const cache::Judgement& judgement = inquiry_.found.judgement;
  const Selection selection = select_of(exchange().head, *outline);
  if (const auto missing = first_missing(frontend_.parts(), *outline, selection)) {
    if (++asked_ > kAsks) return go_alone("parts");
    if (plan().forward == Forward::Miss || plan().forward == Forward::Hit) {
      plan().forward = Forward::Partial;
    }
    return ask_missing(*missing);
  }
  const bool fresh = judgement.verdict == cache::Verdict::Fresh;
  CacheStatus status{.ttl = judgement.lifetime - judgement.age,
                     .detail = fresh ? std::string_view{} : cache::to_string(judgement.reason)};
  Outcome outcome = fresh ? Outcome::Hit : Outcome::Stale;
  if (confirmed_) {
    status.forward = plan().forward;
    status.forward_status = 304;
    status.collapsed = is_follower();
    status.detail = plan().detail;
    outcome = is_follower() ? Outcome::Collapsed : Outcome::Revalidated;
  }
  return serve_stored(outline, outcome, status);
}

Request::Next Request::ask_missing(uint64_t offset) {
  part_ = PartAsk{.range = {}, .exact = false, .outline = inquiry_.found.object};
  const PartFetch begun =
      fetch_part(context(), inquiry_, kept_, inquiry_.found.object, offset, &reader_);
  leading_ = begun != PartFetch::Joined;
  step_ = begun == PartFetch::Landed ? Step::Ask : Step::Head;
  return begun == PartFetch::Landed ? Next::More : Next::Wait;
}

// What is asked for when nothing usable is known. A stored whole is revalidated as a whole; a stale
// outline by its first part, which comes if it has changed.
std::optional<PartAsk> Request::first_part_of(const cache::Store::Found& found) const {
  if (inquiry_.page != nullptr) return std::nullopt;
  if (found && !found.object->is_outline()) return std::nullopt;
  const uint64_t block = frontend_.context().fetches.context().limits.part_block;
  const cache::RequestView request{exchange().head.method, exchange().head.fields};
  return found ? revalidating_part(request, block) : first_part(request, block);
}

// ---- The outcome -------------------------------------------------------------------------------

// Our range was answered with something else than a part of it.
Request::Next Request::take_without_part(const ResponseHead& head) {
  if (!head.part_refused.empty()) return go_alone(head.part_refused);
  if (head.status != 416) return answer_from(head);
  // For what the client asked for as well, if it asked for nothing else and without conditions.
  cache::RangeSet set;
  const cache::RequestView request{exchange().head.method, exchange().head.fields};
  const bool same = !part_->outline && !inquiry_.found &&
                    cache::read_ranges(request, set) == cache::RangeReason::None &&
                    set.count == 1 && http::find(request.fields, "If-Range") == nullptr;
  return same ? begin(head, {}) : go_alone("part-unsatisfiable");
}

// The client's own range was sent: it gets what came, as it would without us.
bool Request::is_passed_on(const ArrivingPart& part, const Selection& selection) const {
  if (!part_ || !part_->exact || http::find(exchange().head.fields, "If-Range") != nullptr) {
    return false;
  }
  return selection.kind == Selection::Kind::Partial &&
         !holds(part.range, selection.ranges.ranges[0]);
}

// Whether the answer can begin with the part that arrives: it is all of it, or the rest is stored
// or can be had, because it can be told to belong to this.
bool Request::answers(const ResponseHead& head, const Selection& selection) {
  const ArrivingPart& part = *head.part;
  if (selection.kind != Selection::Kind::Whole) {
    bool all = true;
    for (const cache::ByteRange& range : selection.ranges.view()) {
      all = all && holds(part.range, range);
    }
    if (all) return true;
  } else if (part.outline->body_size() == part.range.size()) {
    return true;
  }
  return head.shared && cache::strong_validator(part.outline->validators());
}

Request::Next Request::take_part(const ResponseHead& head) {
  const cache::Pin outline = head.part->outline;
  Selection selection = select_of(exchange().head, *outline);
  if (is_passed_on(*head.part, selection)) {
    selection.ranges.ranges[0] = head.part->range;
    selection.named = head.part->named;
  }
  const CacheStatus status = status_of(head);
  const Account done = account(outcome_of(head), status.detail);
  if (!needs_body(selection)) return serve_outline(outline, selection, status, done);
  if (!answers(head, selection)) {
    return go_alone(head.shared ? "part-without-validator" : cache::to_string(head.reason));
  }
  return serve_outline(outline, selection, status, done);
}

// ---- The answer --------------------------------------------------------------------------------

Request::Next Request::serve_outline(cache::Pin outline, const Selection& selection,
                                     const CacheStatus& status, const Account& done) {
  if (!needs_body(selection)) {
    retire();
    frontend_.answerer().stored(exchange(), std::move(outline), status, now(), done);
    return Next::Wait;
  }
  LineBuffer lines;
  // RFC 9111 section 5.1: what was generated for this request has no age.
  const auto age = cache::current_age(outline->meta(), now());
  const bool aged = status.forward_status != 206 || age.count() > 0;
  frontend_.answerer().add_lines(lines, status, aged ? std::optional(age) : std::nullopt);
  passing_ = {};
  passing_.account = done;
  passing_.account.from_cache = status.forward == Forward::Hit;
  std::string made;
  const std::string_view head = part_for(exchange().peer, outline->head(), outline->meta(), made);
  PartAnswer answer = answer_in_parts(*outline, head, selection);
  passing_.account.sent.status = answer.status;
  const std::array<std::string_view, 2> pieces{
      answer.head.empty() ? head : std::string_view(answer.head), lines.text()};
  exchange().responder.begin(pieces, {.length = answer.length});
  parts_ = std::make_unique<PartBody>(context(), inquiry_, reader_, outline, std::move(answer));
  step_ = Step::Body;
  return Next::More;
}

Request::Next Request::pass_parts() {
  server::Responder& responder = exchange().responder;
  for (;;) {
    PartBody::Chunk chunk;
    switch (parts_->next(chunk)) {
      case PartBody::Next::Wait:
        return Next::Wait;
      case PartBody::Next::End:
        write_account();
        responder.finish();
        return Next::Wait;
      case PartBody::Next::Broken:
        context().counters.truncated.add();
        passing_.account.aborted = true;
        passing_.account.reason = parts_->why();
        write_account();
        responder.fail();
        return Next::Wait;
      case PartBody::Next::Bytes:
        passing_.account.sent.bytes += chunk.bytes.size();
        if (responder.write(chunk.bytes, std::move(chunk.holder))) break;
        step_ = Step::Blocked;
        return Next::Wait;
    }
  }
}

}  // namespace atl::edge
