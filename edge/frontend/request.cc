#include "edge/frontend/request.h"

#include <array>
#include <utility>
#include <vector>

#include "edge/cache/freshness.h"
#include "edge/cache/head.h"
#include "edge/cache/hidden.h"
#include "edge/cache/invalidation.h"
#include "edge/cache/range.h"
#include "edge/cache/vary.h"
#include "lib/base/check.h"
#include "lib/http/field_lookup.h"

namespace atl::edge {
namespace {

// A whole body up to this many bytes that is there already is answered in one write.
constexpr uint64_t kAtOnce = 256 * 1024;
// A range of an answer that is not stored is cut out of it up to this size; of a larger one it is
// asked for again as the client asked, so that the bytes before it need not travel.
constexpr uint64_t kCutOut = 1024 * 1024;

// RFC 5861 section 4.
bool is_error_status(uint16_t status) {
  return status == 500 || status == 502 || status == 503 || status == 504;
}

cache::StoredView validators_of(const ResponseHead& head) {
  return {.status = head.status,
          .etag = cache::find_in_head(head.lines, "ETag"),
          .last_modified = cache::find_in_head(head.lines, "Last-Modified"),
          .date = cache::find_in_head(head.lines, "Date"),
          .response_time = head.meta.response_time};
}

std::unique_ptr<std::vector<cache::SegmentRef>> take_all(TransferReader& reader) {
  auto all = std::make_unique<std::vector<cache::SegmentRef>>();
  std::array<cache::SegmentRef, 16> some;
  for (;;) {
    const auto taken = reader.take(some);
    for (size_t i = 0; i < taken.count; ++i) all->push_back(std::move(some[i]));
    if (taken.at_end) return all;
  }
}

}  // namespace

Request::Request(Frontend& frontend, Inquiry inquiry)
    : frontend_(frontend),
      inquiry_(std::move(inquiry)),
      variant_(flight_variant(*inquiry_.route.behaviour, fields())),
      reader_(context().loop, *this) {}

Request::~Request() {
  if (fetch_ != nullptr) fetch_->set_body_source(nullptr);
}

void Request::run() {
  for (;;) {
    Next next = Next::Wait;
    switch (step_) {
      case Step::Ask:
        next = ask();
        break;
      case Step::Head:
        next = await_head();
        break;
      case Step::Body:
        next = pass_body();
        break;
      case Step::Blocked:
      case Step::Ended:
        return;
    }
    if (next == Next::Wait) return;
  }
}

std::shared_ptr<const UpstreamRequest> Request::upstream_request() const {
  if (inquiry_.request) return inquiry_.request;
  return std::make_shared<UpstreamRequest>(exchange().head, exchange().responder.client_address());
}

// ---- Asking ------------------------------------------------------------------------------------

Request::Next Request::ask() {
  step_ = Step::Head;
  return plan().mode == FetchMode::Fill ? ask_shared() : ask_alone();
}

Request::Next Request::ask_shared() {
  if (has_usable_outline()) return use_outline(inquiry_.found);
  FrontendContext& c = context();
  part_ = first_part_of(inquiry_.found);
  const std::string name = part_ ? part_name(variant_, part_->range) : variant_;
  auto flight = c.flights.join({inquiry_.key, inquiry_.hash, name}, c.loop,
                               c.fetches.context().budget, &reader_);
  leading_ = flight != nullptr;
  if (!leading_) return Next::Wait;
  // Between our look-up and here another flight may have landed; it stored before it left the
  // table.
  auto found = c.store.find(inquiry_.key, inquiry_.hash, fields(), inquiry_.directives, now());
  if (found && found.judgement.verdict == cache::Verdict::Fresh) {
    flight->finish([] {});
    flight->transfer()->confirm(found.object);  // for those who joined us meanwhile
    reader_.leave();
    if (found.object->is_outline()) return use_outline(std::move(found));
    const CacheStatus status{.ttl = found.judgement.lifetime - found.judgement.age};
    return serve_stored(std::move(found.object), Outcome::Hit, status);
  }
  if (found && found.judgement.verdict != cache::Verdict::Unusable) {
    inquiry_.found = std::move(found);
  }
  c.fetches.start({.request = upstream_request(),
                   .routes = inquiry_.routes,
                   .route = inquiry_.route,
                   .mode = FetchMode::Fill,
                   .may_store = plan().may_store,
                   .key = inquiry_.key,
                   .hash = inquiry_.hash,
                   .stale = inquiry_.found.object,
                   .directives = inquiry_.directives,
                   .part = part_,
                   .from_peer = inquiry_.from_peer},
                  std::move(flight));
  return Next::Wait;
}

Request::Next Request::ask_alone() {
  FrontendContext& c = context();
  auto flight = c.flights.register_alone({inquiry_.key, inquiry_.hash, {}}, c.loop,
                                         c.fetches.context().budget);
  leading_ = true;
  part_.reset();
  reader_.join(flight->transfer());
  const bool has_body = exchange().head.has_body();
  Fetch& fetch = c.fetches.start({.request = upstream_request(),
                                  .routes = inquiry_.routes,
                                  .route = inquiry_.route,
                                  .mode = FetchMode::Verbatim,
                                  .may_store = plan().may_store,
                                  .key = inquiry_.key,
                                  .hash = inquiry_.hash,
                                  .stale = {},
                                  .directives = {},
                                  .from_peer = inquiry_.from_peer},
                                 std::move(flight), has_body ? this : nullptr);
  if (has_body && !fetch.ended()) {
    fetch_ = &fetch;
    if (fetch.takes_body()) exchange().responder.read_body();
  }
  return Next::Wait;
}

// What we waited for is not for us: fetch for ourselves.
Request::Next Request::go_alone(std::string_view detail) {
  context().counters.released.add();
  reader_.leave();
  plan() = {FetchMode::Verbatim, true, plan().forward, detail};
  step_ = Step::Ask;
  return Next::More;
}

// What we waited for is another variant (RFC 9111 section 4.1). Those who want the same one as we
// do meet under its own name.
Request::Next Request::try_own_variant(std::string_view variant_key) {
  cache::VariantKey own;
  const bool named = cache::make_key_for_names(cache::variant_names(variant_key), fields(), own);
  plan().forward = Forward::VaryMiss;
  if (own_variant_ || !named) return go_alone("vary-changed");
  context().counters.released.add();
  variant_ = own.bytes();
  own_variant_ = true;
  reader_.leave();
  step_ = Step::Ask;
  return Next::More;
}

// ---- The outcome -------------------------------------------------------------------------------

Request::Next Request::await_head() {
  std::string lines;
  while (reader_.take_informational(lines)) exchange().responder.inform(lines);
  const TransferReader::View view = reader_.look();
  switch (view.phase) {
    case Transfer::Phase::Waiting:
      return Next::Wait;
    case Transfer::Phase::Streaming:
    case Transfer::Phase::Complete:
      return take_head(*view.head);
    case Transfer::Phase::Object:
      return take_object(reader_.object());
    case Transfer::Phase::Failed:
      // A follower may come when the body has been cut off already. The rest of a part is asked for
      // again.
      if (view.head == nullptr || (is_follower() && !view.head->part)) return take_failure();
      return take_head(*view.head);
  }
  return Next::Wait;
}

Request::Next Request::take_head(const ResponseHead& head) {
  if (falls_back(head.status)) {
    return serve_stale(head.status, "stale-if-error");
  }
  if (is_follower()) {
    if (!head.shared) return go_alone("collapsed-uncacheable");
    if (!cache::matches_variant(head.variant_key, fields())) {
      return try_own_variant(std::string(head.variant_key));
    }
  }
  if (inquiry_.page != nullptr && head.status != 200) return page_failed();
  if (const ErrorPage* page = page_for(head.status)) return turn_to_page(*page, {});
  learn_from_head(head);
  if (head.part) return take_part(head);
  return part_ ? take_without_part(head) : answer_from(head);
}

Request::Next Request::take_object(cache::Pin object) {
  if (is_follower() && !reader_.object_shared()) return go_alone("collapsed-uncacheable");
  if (is_follower() && !cache::matches_variant(object->variant_key(), fields())) {
    return try_own_variant(object->variant_key());
  }
  const auto judgement = cache::judge(object->meta(), inquiry_.directives, now());
  if (reader_.object_from_disk()) return take_from_disk(std::move(object), judgement);
  if (object->is_outline()) {
    // Confirmed by the origin, or another part of it landed while we asked.
    if (plan().forward == Forward::Stale || plan().forward == Forward::Request) confirmed_ = true;
    reader_.leave();
    return use_outline({.object = std::move(object), .judgement = judgement});
  }
  // Found on disk by the fetch itself, and stale.
  if (plan().forward == Forward::Miss && !inquiry_.found) plan().forward = Forward::Stale;
  const CacheStatus status{.forward = plan().forward,
                           .forward_status = 304,
                           .collapsed = is_follower(),
                           .ttl = judgement.lifetime - judgement.age,
                           .detail = plan().detail};
  const Outcome outcome = is_follower() ? Outcome::Collapsed : Outcome::Revalidated;
  reader_.leave();
  return serve_stored(std::move(object), outcome, status);
}

Request::Next Request::take_from_disk(cache::Pin object, const cache::Judgement& judgement) {
  reader_.leave();
  const bool fresh = judgement.verdict == cache::Verdict::Fresh;
  if (!fresh && judgement.verdict != cache::Verdict::StaleUsable) {
    // Good enough for whoever led, not for our own directives: revalidate what is there.
    inquiry_.found = {.object = std::move(object), .judgement = judgement};
    if (judgement.verdict == cache::Verdict::Unusable) inquiry_.found = {};
    plan().forward = Forward::Request;
    step_ = Step::Ask;
    return Next::More;
  }
  context().counters.disk_hits.add();
  const CacheStatus status{
      .collapsed = is_follower(), .ttl = judgement.lifetime - judgement.age, .detail = "disk"};
  return serve_stored(std::move(object), fresh ? Outcome::Hit : Outcome::Stale, status);
}

Request::Next Request::take_failure() {
  const UpstreamFailure failure = reader_.failure();
  reader_.leave();
  if (falls_back(failure.disconnected ? 0 : failure.status)) return serve_stale(0, failure.token);
  if (inquiry_.page != nullptr) return page_failed();
  if (const ErrorPage* page = page_for(failure.status)) return turn_to_page(*page, failure.token);
  const CacheStatus status{.forward = plan().forward, .collapsed = is_follower()};
  const Notice notice{.status = failure.status,
                      .detail = failure.token,
                      .sentence = "no origin could answer",
                      .extra = {}};
  const Account done = account(Outcome::Error, failure.token);
  retire();
  frontend_.answerer().notice(exchange(), notice, status, now(), done);
  return Next::Wait;
}

// Whether what is stored may stand in for an error (RFC 5861 section 4) or for silence (RFC 9111
// section 4.2.4). `status`: 0 when there was no answer.
bool Request::falls_back(uint16_t status) {
  if (!inquiry_.found && leading_ && plan().mode == FetchMode::Fill) {
    // The fetch may have found something on disk to revalidate.
    inquiry_.found =
        context().store.find(inquiry_.key, inquiry_.hash, fields(), inquiry_.directives, now());
  }
  if (!inquiry_.found || (status != 0 && !is_error_status(status))) return false;
  const auto judgement = cache::judge(inquiry_.found.object->meta(), inquiry_.directives,
                                      frontend_.context().loop.wall_now());
  if (!(status == 0 ? judgement.usable_when_disconnected() : judgement.usable_on_error())) {
    return false;
  }
  return !inquiry_.found.object->is_outline() ||
         covers(frontend_.parts(), *inquiry_.found.object, exchange().head);
}

Request::Next Request::serve_stale(uint16_t forward_status, std::string_view detail) {
  reader_.leave();
  const auto judgement = cache::judge(inquiry_.found.object->meta(), inquiry_.directives, now());
  const CacheStatus status{.forward = plan().forward,
                           .forward_status = forward_status,
                           .ttl = judgement.lifetime - judgement.age,
                           .detail = detail};
  return serve_stored(inquiry_.found.object, Outcome::Stale, status);
}

Request::Next Request::serve_stored(cache::Pin object, Outcome outcome, const CacheStatus& status) {
  if (inquiry_.page != nullptr && object->status() != 200) return page_failed();
  if (const ErrorPage* page = page_for(object->status())) return turn_to_page(*page, {});
  const Account done = account(failed_.empty() ? outcome : Outcome::Error, status.detail);
  const ErrorPage* page = inquiry_.page;
  if (object->is_outline()) {
    if (page != nullptr) return go_alone(status.detail);
    return serve_outline(object, select_of(exchange().head, *object), status, done);
  }
  retire();
  if (page != nullptr) {
    frontend_.answerer().error_page(exchange(), std::move(object), page->response_status, status,
                                    now(), done);
    return Next::Wait;
  }
  frontend_.answerer().stored(exchange(), std::move(object), status, now(), done);
  return Next::Wait;
}

// What the answer to a HEAD says of a stored GET (RFC 9111 section 4.3.5).
void Request::learn_from_head(const ResponseHead& head) {
  if (exchange().head.method != "HEAD" || !inquiry_.found) return;
  std::string lines;
  cache::full_head(head.lines, lines);
  std::vector<http::Field> said;
  cache::read_head(lines, said);
  frontend_.learn_from_head(inquiry_, {head.status, said}, head);
}

// ---- The answer --------------------------------------------------------------------------------

Request::Next Request::answer_from(const ResponseHead& head) {
  // A verbatim request carried its own preconditions and ranges to the origin.
  if (plan().mode == FetchMode::Verbatim || head.status != 200 || inquiry_.page != nullptr) {
    return begin(head, {});
  }
  Selection selection =
      select(exchange().head, {shown_part(head.lines, head.meta), validators_of(head),
                               head.body_length.value_or(UINT64_MAX)});
  const bool ranged =
      selection.kind != Selection::Kind::Whole && selection.kind != Selection::Kind::NotModified;
  if (ranged && !head.body_length) selection = {};
  if (ranged && !head.shared && head.body_length.value_or(UINT64_MAX) > kCutOut) {
    return go_alone("range");
  }
  // Several parts of what is still arriving: the whole is an answer too (RFC 9110 section 14.2).
  if (selection.kind == Selection::Kind::Multipart) selection = {};
  return begin(head, selection);
}

Request::Next Request::begin(const ResponseHead& head, const Selection& selection) {
  LineBuffer lines;
  std::string made;
  std::string_view shown = part_for(exchange().peer, head.lines, head.meta, made);
  const CacheStatus status = status_of(head);
  const auto age = cache::current_age(head.meta, now());
  const bool aged = head.has_age || (head.shared && age.count() > 0);
  frontend_.answerer().add_lines(lines, status, aged ? std::optional(age) : std::nullopt);
  passing_ = {};
  passing_.account = account(outcome_of(head), status.detail);
  passing_.account.sent.status = head.status;
  std::string relabelled;
  if (inquiry_.page != nullptr) {
    passing_.account.sent.status = inquiry_.page->response_status;
    relabel_head(shown, inquiry_.page->response_status, relabelled);
    shown = relabelled;
  }
  std::string built;
  server::Framing framing{.length = head.body_length};
  switch (selection.kind) {
    case Selection::Kind::NotModified:
      cache::build_not_modified_head(shown, built);
      framing = {.length = std::nullopt, .bodiless = true};
      passing_.left = 0;
      passing_.account.sent.status = 304;
      break;
    case Selection::Kind::Unsatisfiable:
      cache::build_unsatisfiable_head(shown, *head.body_length, built);
      framing = {.length = 0};
      passing_.left = 0;
      passing_.account.sent.status = 416;
      break;
    case Selection::Kind::Partial: {
      const cache::ByteRange range = selection.ranges.ranges[0];
      const std::string content_range = cache::content_range(range, *head.body_length);
      cache::build_partial_head(
          shown,
          {.content_range = content_range, .content_type = {}, .validated = selection.validated},
          built);
      framing = {.length = range.size()};
      passing_.skip = range.first;
      passing_.left = range.size();
      passing_.account.sent.status = 206;
      break;
    }
    case Selection::Kind::Whole:
    case Selection::Kind::Multipart:
      if (is_bodiless(exchange().head.method, head.status)) {
        framing = {.length = head.announced_length, .bodiless = true};
        if (head.status == 204 || head.status == 304) framing.length = std::nullopt;
        passing_.left = 0;
      } else if (const auto rest = reader_.rest(); rest && *rest <= kAtOnce) {
        return begin_at_once(shown, lines.text(), head, *rest);
      }
      break;
  }
  const std::array<std::string_view, 2> pieces{built.empty() ? shown : built, lines.text()};
  exchange().responder.begin(pieces, framing);
  step_ = Step::Body;
  return Next::More;
}

// The whole answer is here: one write, and a known length even if the origin gave none. Trailers
// need chunked framing.
Request::Next Request::begin_at_once(std::string_view head, std::string_view lines,
                                     const ResponseHead& from, uint64_t length) {
  if (!reader_.trailers().empty()) {
    const std::array<std::string_view, 2> pieces{head, lines};
    exchange().responder.begin(pieces, {.length = from.body_length});
    step_ = Step::Body;
    return Next::More;
  }
  auto segments = take_all(reader_);
  const std::string kept(head);  // the transfer may go when we leave it
  const std::array<std::string_view, 2> pieces{kept, lines};
  std::vector<std::string_view> body;
  body.reserve(segments->size());
  for (const cache::SegmentRef& segment : *segments) body.push_back(segment->bytes());
  passing_.account.sent.bytes = length;
  server::Responder& responder = exchange().responder;
  write_account();
  responder.respond(pieces, body, {.length = length}, hold(std::move(segments)));
  return Next::Wait;
}

Request::Next Request::pass_body() {
  if (parts_ != nullptr) return pass_parts();
  server::Responder& responder = exchange().responder;
  for (;;) {
    if (passing_.left == uint64_t{0}) {
      write_account();
      responder.finish();
      return Next::Wait;
    }
    cache::SegmentRef segment;
    const auto taken = reader_.take({&segment, 1});
    if (taken.count == 0) {
      if (taken.phase == Transfer::Phase::Complete) {
        const std::string trailers = reader_.trailers();
        write_account();
        responder.finish(trailers);
      } else if (taken.phase == Transfer::Phase::Failed) {
        context().counters.truncated.add();
        passing_.account.aborted = true;
        passing_.account.reason = reader_.failure().token;
        write_account();
        responder.fail();
      }
      return Next::Wait;
    }
    std::string_view bytes = segment->bytes();
    const uint64_t skipped = std::min<uint64_t>(passing_.skip, bytes.size());
    passing_.skip -= skipped;
    bytes.remove_prefix(skipped);
    if (passing_.left) {
      bytes = bytes.substr(0, std::min<uint64_t>(bytes.size(), *passing_.left));
      *passing_.left -= bytes.size();
    }
    if (bytes.empty()) continue;
    passing_.account.sent.bytes += bytes.size();
    if (!responder.write(bytes, std::move(segment).to_holder()) && passing_.left != uint64_t{0}) {
      step_ = Step::Blocked;
      return Next::Wait;
    }
  }
}

CacheStatus Request::status_of(const ResponseHead& head) const {
  CacheStatus status{.forward = plan().forward,
                     .forward_status = head.status,
                     .stored = head.shared && !head.passing,
                     .collapsed = is_follower(),
                     .ttl = std::nullopt,
                     .detail = plan().detail};
  if (head.shared) {
    const auto age = cache::current_age(head.meta, frontend_.context().loop.wall_now());
    status.ttl = std::chrono::seconds{head.meta.lifetime} - age;
  } else if (status.detail.empty()) {
    status.detail = cache::to_string(head.reason);
  }
  return status;
}

Outcome Request::outcome_of(const ResponseHead& head) const {
  if (!failed_.empty()) return Outcome::Error;
  if (is_follower()) return Outcome::Collapsed;
  return head.shared ? Outcome::Miss : Outcome::Bypass;
}

Account Request::account(Outcome outcome, std::string_view reason) const {
  return {.outcome = outcome,
          .sent = {},
          .from_cache = false,
          .ttfb = frontend_.context().clock.mono() - inquiry_.began,
          .reason = reason,
          .aborted = false};
}

// What was passed on, into the journal; the call that ends the exchange follows at once.
void Request::write_account() {
  frontend_.journal().write(exchange(), passing_.account, now());
  retire();
}

// Lets go of everything: the connection destroys us when it pleases.
void Request::retire() {
  step_ = Step::Ended;
  reader_.leave();
  if (Fetch* fetch = std::exchange(fetch_, nullptr)) fetch->set_body_source(nullptr);
}

// ---- The client's side -------------------------------------------------------------------------

void Request::on_body(std::string_view bytes) {
  if (fetch_ == nullptr) return;  // the origin answered without wanting the rest
  if (!fetch_->send_body(bytes)) exchange().responder.pause_body();
}

void Request::on_body_end(std::string_view trailers) {
  if (fetch_ != nullptr) fetch_->end_body(trailers);
}

void Request::on_fetch_writable() {
  if (step_ != Step::Ended) exchange().responder.read_body();
}

void Request::on_writable() {
  if (step_ != Step::Blocked) return;
  step_ = Step::Body;
  run();
}

void Request::on_abort(server::Abort) {
  if (step_ == Step::Ended) return;
  // The origin may have acted on what it was sent.
  if (!cache::is_safe_method(exchange().head.method)) frontend_.invalidate_target(inquiry_);
  const bool begun = step_ == Step::Body || step_ == Step::Blocked;
  if (!begun) {
    const Outcome outcome = is_follower()                        ? Outcome::Collapsed
                            : plan().mode == FetchMode::Verbatim ? Outcome::Bypass
                                                                 : Outcome::Miss;
    passing_.account = account(outcome, "client-gone");
  }
  passing_.account.aborted = true;
  write_account();
}

}  // namespace atl::edge
