#include "edge/fetch/fetch.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "edge/cache/head.h"
#include "edge/cache/hidden.h"
#include "edge/cache/invalidation.h"
#include "edge/cache/storability.h"
#include "edge/cache/validation.h"
#include "edge/cache/vary.h"
#include "edge/fetch/resource_key.h"
#include "lib/base/log.h"
#include "lib/http/field_block.h"
#include "lib/http/field_lookup.h"
#include "lib/http/status.h"

namespace atl::edge {
namespace {

// RFC 9110 section 9.2.2.
bool is_idempotent(std::string_view method) {
  return cache::is_safe_method(method) || method == "PUT" || method == "DELETE";
}

// A peer that is gone without a word costs those who wait for it so long, and then nobody: somebody
// else can answer in its place. An origin is given longer.
constexpr std::chrono::milliseconds kPeerPatience{5'000};

// The statuses that RFC 5861 section 4 means by an error.
bool is_error_status(uint16_t status) {
  return status == 500 || status == 502 || status == 503 || status == 504;
}

std::optional<uint64_t> parse_length(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Fetch::Fetch(FetchSet& owner, FetchPlan plan, std::unique_ptr<Flight> flight)
    : owner_(owner),
      context_(owner.context()),
      plan_(std::move(plan)),
      policy_(cache_policy(*plan_.route.behaviour, context_.limits.max_object)),
      flight_(std::move(flight)),
      origins_(plan_.route.behaviour->origin_group->members),
      conditional_(plan_.mode == FetchMode::Fill && plan_.stale) {
  transfer()->set_producer(this);
  // An answer that may be stored is worth having even if the client that asked for it leaves.
  if (plan_.mode == FetchMode::Fill) transfer()->keep_unattended(true);
  // An origin known to be down is asked last: its answer would only cost time.
  std::stable_partition(origins_.begin(), origins_.end(), [&](const OriginEndpoint* candidate) {
    return context_.client.reachable(candidate->endpoint).value_or(true);
  });
  ask_peers_first();
}

Fetch::~Fetch() {
  if (encoder_ != nullptr) context_.budget.give_back(encoding::kMemory);
  forget_disk_read();
  transfer()->set_producer(nullptr);
  if (body_source_ != nullptr) body_source_->on_fetch_ended();
}

void Fetch::start() {
  if (!look_on_disk()) approach();
}

void Fetch::open() {
  const UpstreamRequest& request = *plan_.request;
  cache::Conditional conditional;
  if (conditional_) {
    cache::full_head(plan_.stale->head(), stale_head_);
    conditional = cache::conditional_for(stale_head_);
    conditional_ = !conditional.empty();
  }
  std::string fields = build_upstream_fields(
      request, plan_.mode, conditional, plan_.route.behaviour->request_headers, context_.identity,
      at_sibling() ? Hop::Sibling : Hop::Out);
  if (plan_.part) append_part_fields(fields);
  const rpc::ExchangeHead head{
      .source = origin().source,
      .method = request.method(),
      .scheme = request.scheme(),
      .authority = request.authority(),
      .target = request.target(),
      .fields = fields,
      .body_length = request.body_length(),
      .client_address = request.client_address(),
      .traceparent = http::value_of(request.fields(), "traceparent").value_or(""),
      .request_id = {},
      .timeout = origin().timeout,
      .head_timeout = head_time(),
      .purge = origin().peer ? context_.purges.begun.load() : 0,
      .configuration = origin().peer ? plan_.routes->version() : 0,
      .patience = origin().peer ? kPeerPatience : rpc::ExchangeHead{}.patience,
      .certificate = origin().certificate,
  };
  count_attempt();
  step_ = Step::Head;
  received_ = 0;
  request_time_ = context_.loop.wall_now();
  deadline_ = context_.loop.now() + head_time() + context_.limits.head_grace;
  call_ = context_.client.open(origin().endpoint, head, *this);
}

bool Fetch::send_body(std::string_view bytes) {
  if (call_ == nullptr) return true;  // ended; what comes now is for nobody
  body_begun_ = true;
  // The origin cannot be expected to answer before it has seen the request.
  deadline_ = context_.loop.now() + head_time() + context_.limits.head_grace;
  return call_->send_body(bytes);
}

void Fetch::end_body(std::string_view trailers) {
  if (call_ == nullptr) return;
  body_begun_ = true;
  call_->end_body(trailers);
}

void Fetch::on_request_writable() {
  if (body_source_ != nullptr) body_source_->on_fetch_writable();
}

void Fetch::on_informational(uint16_t status, std::string_view fields) {
  // 100 and 101 concern one connection only (RFC 9110 section 15.2).
  if (step_ != Step::Head || status < 102 || status > 199) return;
  std::string lines = fmt::format("HTTP/1.1 {} {}\r\n", status, http::reason_phrase(status));
  lines += fields;
  transfer()->inform(std::move(lines));
}

void Fetch::on_head(const rpc::ExchangeResponseHead& head) {
  if (step_ != Step::Head) return;
  // What a peer passes on says nothing of the peer.
  ticket_.report(origin().peer ? AttemptOutcome::Success : outcome_of(head.status));
  response_time_ = context_.loop.wall_now();
  if (head.status == 304 && plan_.mode == FetchMode::Fill) {
    if (!conditional_) {
      return attempt_failed(
          {rpc::FailureReason::Protocol, true, "304 to a request without conditions"});
    }
    not_modified_ = head.fields;
    step_ = Step::NotModified;
    return;
  }
  // An origin that answered has acted: only a method that asks for nothing is put to another one.
  // A peer has done so already.
  if (!origin().peer && plan_.route.behaviour->origin_group->fails_over(head.status) &&
      cache::is_safe_method(plan_.request->method()) && may_retry(true) && next_origin()) {
    return;
  }
  publish(head);
}

// A failed attempt may be made again elsewhere while nothing was passed on, if the upstream has not
// seen the request or would not mind seeing it twice, and if its body is still whole.
bool Fetch::may_retry(bool request_seen) const {
  if (step_ != Step::Head || body_begun_) return false;
  return !request_seen || is_idempotent(plan_.request->method());
}

bool Fetch::next_origin() {
  if (attempt_ + 1 >= origins_.size() || admit_from(attempt_ + 1) != Refusal::None) return false;
  context_.counters.failovers.add();
  call_ = nullptr;
  open();
  return true;
}

// Whether the answer is stored, from its head alone (RFC 9111 section 3). Fills in what storing
// needs.
cache::StoreReason Fetch::decide(const cache::ResponseView& response, ResponseHead& head) const {
  if (!plan_.may_store) return cache::StoreReason::Method;
  // RFC 5861 section 4: an error must not push out the response that hides it.
  const bool hides = plan_.stale || (plan_.part && plan_.part->outline);
  if (hides && is_error_status(response.status)) return cache::StoreReason::Status;
  const cache::StoreDecision decision = cache::may_store(plan_.request->view(), response, policy_);
  if (!decision.store) return decision.reason;
  if (head.body_length.value_or(0) > policy_.max_object_bytes) return cache::StoreReason::TooLarge;
  std::string also(policy_.vary);
  if (coding_) also += ",Accept-Encoding";
  cache::VariantKey variant;
  switch (cache::make_variant_key(plan_.request->fields(), response.fields, variant, also)) {
    case cache::VaryOutcome::Ok:
      break;
    case cache::VaryOutcome::Star:
      return cache::StoreReason::VaryStar;
    case cache::VaryOutcome::TooLarge:
      return cache::StoreReason::VaryTooLarge;
  }
  head.variant_key = variant.bytes();
  head.shared = true;
  return decision.reason;
}

void Fetch::publish(const rpc::ExchangeResponseHead& head) {
  if (!http::split_field_block(head.fields, fields_)) {
    return attempt_failed({rpc::FailureReason::Protocol, true, "malformed fields in the answer"});
  }
  if (plan_.part && head.status == 206) return publish_part(head);
  const cache::ResponseView response{head.status, fields_};
  if (outdates_outline(response)) drop_outline();
  ResponseHead published;
  published.status = head.status;
  published.body_length = body_length_ = head.body_length;
  published.has_age = cache::parse_age(fields_).has_value();
  published.meta = cache::make_meta(response, request_time_, response_time_, policy_);
  if (const auto length = http::value_of(fields_, "Content-Length")) {
    published.announced_length = parse_length(*length);
  }
  negotiate(response, published);
  published.reason = decide(response, published);
  published.passing = published.shared && at_sibling() && plan_.mode == FetchMode::Fill &&
                      !plan_.stale && !context_.hot.touch(plan_.hash);
  begin_encoding(published);
  cache::build_head({.status = head.status,
                     .reason = head.reason,
                     .fields = fields_,
                     .received = response_time_,
                     .via = context_.identity.name},
                    published.lines);
  edit_head(*plan_.route.behaviour, coding_, published.lines, published.meta);
  invalidate(response);
  begin_body(std::move(published));
}

void Fetch::begin_body(ResponseHead published) {
  storing_ = published.shared;
  step_ = Step::Body;
  deadline_ = context_.loop.now() + context_.limits.body_idle;
  if (storing_) {
    if (plan_.mode == FetchMode::Verbatim) context_.store.unmark_uncacheable(plan_.hash);
  } else {
    // Before the head is shown: whoever joins from now on would only be sent away again.
    flight_->close();
    // A shortage of our own says nothing of the next answer.
    if (published.reason != cache::StoreReason::NoRoom) remember_uncacheable(published.status);
    if (plan_.stale && cache::supersedes_stored(published.status, published.reason)) drop_stale();
  }
  transfer()->begin(std::move(published),
                    storing_ ? Transfer::Retention::Retain : Transfer::Retention::Window);
}

// RFC 9111 section 4.4. Before the answer itself is stored, which that of a POST may be.
void Fetch::invalidate(const cache::ResponseView& response) {
  const cache::RequestView request = plan_.request->view();
  if (cache::is_safe_method(request.method)) return;
  std::string key;
  for (const std::string& target : cache::invalidated_targets(request, response)) {
    if (!resource_key(*plan_.route.distribution, request.authority, target, key)) continue;
    const uint64_t hash = context_.store.hash(key);
    context_.flights.taint(key, hash, transfer().get());
    if (context_.disk != nullptr) context_.disk->forget(key);
    context_.counters.invalidations.add(context_.store.remove(key, hash));
  }
}

void Fetch::remember_uncacheable(uint16_t status) {
  // An error says nothing of the next answer, nor does a range beyond the end.
  if (plan_.mode != FetchMode::Fill || is_error_status(status) || status == 416) return;
  context_.store.mark_uncacheable(plan_.hash,
                                  context_.loop.wall_now() + context_.limits.uncacheable);
}

void Fetch::on_body(std::string chunk) {
  if (step_ != Step::Body || chunk.empty()) return;
  context_.counters.bytes_in.add(chunk.size());
  received_ += chunk.size();
  deadline_ = context_.loop.now() + context_.limits.body_idle;
  if (body_length_ && received_ > *body_length_) {
    return attempt_failed({rpc::FailureReason::Protocol, true, "body longer than announced"});
  }
  if (storing_ && !plan_.part && received_ > policy_.max_object_bytes) {
    stop_storing("not stored: the body is longer than max_object");
  }
  if (encoder_ != nullptr) {
    std::string encoded;
    if (!encoder_->encode(chunk, false, encoded)) {
      return attempt_failed({rpc::FailureReason::Internal, true, "no memory to compress in"});
    }
    chunk = std::move(encoded);
  }
  append(std::move(chunk));
}

void Fetch::append(std::string chunk) {
  if (chunk.empty()) return;
  cache::SegmentRef segment = cache::SegmentRef::adopt(std::move(chunk));
  Transfer::Appended appended = transfer()->append(segment);
  if (appended == Transfer::Appended::NoRoom) {
    context_.counters.not_retained.add();
    stop_storing("not stored: no memory to keep the body in while it arrives");
    appended = transfer()->append(std::move(segment));
  }
  if (appended == Transfer::Appended::Pause) {
    paused_ = true;
    call_->pause();
  }
}

void Fetch::stop_storing(std::string_view why) {
  log_remark(why);
  storing_ = false;
  flight_->close();
  remember_uncacheable(0);
  transfer()->stop_retaining();
}

void Fetch::on_room() {
  if (!paused_ || call_ == nullptr || transfer()->should_pause()) return;
  paused_ = false;
  deadline_ = context_.loop.now() + context_.limits.body_idle;
  call_->resume();
}

void Fetch::on_abandoned() {
  if (step_ == Step::Ended) return;
  give_up({.status = 502, .token = "abandoned", .detail = {}});
}

void Fetch::on_end(std::string_view trailers) {
  switch (step_) {
    case Step::Disk:
    case Step::Queue:
      return;  // no exchange is open
    case Step::NotModified:
      return apply_not_modified();
    case Step::Body:
      return finish_body(trailers);
    case Step::Head:
      return attempt_failed({rpc::FailureReason::Protocol, true, "the answer has no head"});
    case Step::Ended:
      return;
  }
}

void Fetch::finish_body(std::string_view trailers) {
  if (body_length_ && received_ != *body_length_) {
    return attempt_failed({rpc::FailureReason::Reset, true, "body shorter than announced"});
  }
  if (encoder_ != nullptr) {
    std::string encoded;
    if (!encoder_->encode({}, true, encoded)) {
      return attempt_failed({rpc::FailureReason::Internal, true, "no memory to compress in"});
    }
    append(std::move(encoded));
  }
  Transfer& arrived = *transfer();
  if (storing_ && arrived.head().passing) {
    // Its owner has it.
  } else if (storing_ && arrived.head().part) {
    keep_part();
  } else if (storing_) {
    const ResponseHead& published = arrived.head();
    auto object = cache::make_object({.key = plan_.key,
                                      .variant_key = published.variant_key,
                                      .head = published.lines,
                                      .status = published.status,
                                      .meta = published.meta},
                                     arrived.segments());
    if (object) {
      bool stored = false;
      flight_->finish([&] {
        if (context_.disk != nullptr) context_.disk->offer(*object);
        stored = context_.store.insert(std::move(*object));
      });
      if (stored) context_.counters.stored.add();
    }
  }
  flight_->finish([] {});
  arrived.complete(std::string(trailers));
  end();
}

// RFC 9111 section 4.3.4.
void Fetch::apply_not_modified() {
  if (!http::split_field_block(not_modified_, fields_)) return refetch_whole();
  cache::Freshened fresh = cache::freshen({.stored_head = stale_head_,
                                           .stored_status = plan_.stale->status(),
                                           .not_modified = fields_,
                                           .request_time = request_time_,
                                           .response_time = response_time_,
                                           .via = context_.identity.name},
                                          policy_);
  if (!fresh.applies) return refetch_whole();
  edit_head(*plan_.route.behaviour, negotiated(plan_.stale->head(), plan_.stale->meta()),
            fresh.head, fresh.meta);
  auto object = cache::make_refreshed(*plan_.stale, fresh.head, fresh.meta);
  if (!object) return refetch_whole();
  if (fresh.keep) {
    flight_->finish([&] {
      context_.store.refresh(plan_.stale, *object);
      if (context_.disk != nullptr && !(*object)->is_outline() && disk::worth_rewriting(**object)) {
        context_.disk->offer(*object);
      }
    });
  } else {  // it answers this request, and no other
    remember_uncacheable(304);
    flight_->finish([] {});
    drop_stale();
  }
  transfer()->confirm(std::move(*object), fresh.keep);
  end();
}

// What was revalidated must not answer anybody any more.
void Fetch::drop_stale() {
  if (context_.disk != nullptr) context_.disk->forget(plan_.key);
  context_.store.remove(plan_.stale);
}

// The 304 speaks of something else than what is stored (section 4.3.3): ask again without
// conditions.
void Fetch::refetch_whole() {
  conditional_ = false;
  call_ = nullptr;
  open();
}

void Fetch::on_failure(const rpc::ExchangeFailure& failure) {
  if (step_ != Step::Ended) attempt_failed(failure);
}

void Fetch::attempt_failed(const rpc::ExchangeFailure& failure) {
  context_.counters.fetch_failures.add();
  // A peer that is behind, or stops, says so before it has looked at the request.
  const bool refused = origin().peer && !failure.request_seen;
  if (!refused && is_origin_failure(failure)) ticket_.report(AttemptOutcome::Failure);
  const UpstreamFailure described = describe_failure(failure);
  log_failure(failure.detail.empty() ? described.token : std::string_view(failure.detail));
  if (step_ == Step::NotModified) step_ = Step::Head;
  if (may_retry(failure.request_seen) && next_origin()) return;
  if (step_ == Step::Body && storing_) keep_cut_off();
  give_up(described);
}

void Fetch::give_up(UpstreamFailure failure) {
  flight_->finish([] {});
  transfer()->fail(std::move(failure));
  end();
}

void Fetch::log_failure(std::string_view what) const {
  if (step_ != Step::Body) return log_exchange(LogLevel::Warn, what);
  log_exchange(LogLevel::Warn, fmt::format("{} (answer cut off)", what));
}

void Fetch::log_remark(std::string_view what) const { log_exchange(LogLevel::Info, what); }

// So many lines a second, however many exchanges there are.
void Fetch::log_exchange(LogLevel level, std::string_view what) const {
  if (owner_.log_tokens_ == 0) {
    ++owner_.unlogged_;
    return;
  }
  --owner_.log_tokens_;
  log_at(level, "origin {} ({}): {} {}{}: {}", origin().id, origin().endpoint,
         plan_.request->method(), plan_.request->authority(), plan_.request->path_and_query(),
         what);
}

void Fetch::check_deadline(MonoTime now) {
  if (step_ == Step::Ended || paused_ || now < deadline_) return;
  if (step_ == Step::Disk) {  // a device that hangs must not hang the site
    forget_disk_read();
    return approach();
  }
  if (step_ == Step::Queue) return give_up(describe_refusal(Refusal::Busy));
  if (step_ == Step::Body) {
    return attempt_failed({rpc::FailureReason::BodyTimeout, true, "the origin stopped sending"});
  }
  attempt_failed({rpc::FailureReason::HeadTimeout, true, "the origin did not answer in time"});
}

void Fetch::end() {
  step_ = Step::Ended;
  forget_disk_read();
  queuer_ = nullptr;
  call_ = nullptr;
  ticket_ = {};
  if (BodySource* source = std::exchange(body_source_, nullptr)) source->on_fetch_ended();
  owner_.remove(*this);
}

FetchSet::FetchSet(FetchContext context)
    : context_(std::move(context)), timer_(context_.loop, [this] { tick(); }) {}

FetchSet::~FetchSet() = default;

Fetch& FetchSet::start(FetchPlan plan, std::unique_ptr<Flight> flight, BodySource* body) {
  auto fetch = std::make_unique<Fetch>(*this, std::move(plan), std::move(flight));
  Fetch& started = *fetch;
  if (fetches_.empty()) timer_.start_periodic(std::chrono::milliseconds{250});
  started.place_ = fetches_.size();
  fetches_.push_back(std::move(fetch));
  started.set_body_source(body);
  started.start();
  return started;
}

void FetchSet::remove(Fetch& fetch) {
  std::unique_ptr<Fetch> gone = std::move(fetches_[fetch.place_]);
  if (fetch.place_ + 1 != fetches_.size()) {
    fetches_[fetch.place_] = std::move(fetches_.back());
    fetches_[fetch.place_]->place_ = fetch.place_;
  }
  fetches_.pop_back();
  // It is removed from inside its own callbacks.
  context_.loop.dispose(std::move(gone));
}

void FetchSet::check_deadlines(MonoTime now) {
  // From the back: a fetch that ends is replaced by the last one, which has been looked at.
  for (size_t i = fetches_.size(); i-- > 0;) fetches_[i]->check_deadline(now);
}

void FetchSet::tick() {
  check_deadlines(context_.loop.now());
  log_tokens_ = std::min<uint32_t>(log_tokens_ + 3, kLogBurst);
  if (unlogged_ != 0 && log_tokens_ > 0) {
    --log_tokens_;
    log_warn("{} more exchanges with origins had such an end and were not logged",
             std::exchange(unlogged_, 0));
  }
  if (fetches_.empty() && unlogged_ == 0 && log_tokens_ == kLogBurst) timer_.stop();
}

void FetchSet::abort_all() {
  while (!fetches_.empty()) fetches_.back()->abort();
}

void Fetch::abort() { give_up({.status = 503, .token = "shutdown", .detail = {}}); }

}  // namespace atl::edge
