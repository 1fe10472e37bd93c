#include "edge/frontend/frontend.h"

#include <fmt/format.h>

#include <utility>

#include "edge/cache/hidden.h"
#include "edge/cache/invalidation.h"
#include "edge/cache/key.h"
#include "edge/cache/validation.h"
#include "edge/cache/vary.h"
#include "edge/frontend/part_fetch.h"
#include "edge/frontend/request.h"
#include "edge/routing/target.h"
#include "lib/geo/address.h"
#include "lib/http/chars.h"
#include "lib/http/field_lookup.h"

namespace atl::edge {
namespace {

constexpr std::string_view kUsualMethods = "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH";
// Fetches under way on a worker above which nothing is revalidated behind a stale answer: whoever
// waits comes first.
constexpr size_t kBackgroundFetches = 4096;

// RFC 8586: our own id in CDN-Loop means that the request has been here before.
bool has_looped(http::Fields fields, std::string_view id) {
  for (const http::Field& field : fields) {
    if (!http::equal_ignore_case(field.name, "CDN-Loop")) continue;
    http::ListReader list(field.value);
    while (const auto member = list.next()) {
      const auto name = http::trim_ows(member->substr(0, member->find(';')));
      if (http::equal_ignore_case(name, id)) return true;
    }
  }
  return false;
}

std::string_view allowed_by(const Behaviour& behaviour) {
  return behaviour.allow.empty() ? kUsualMethods : std::string_view(behaviour.allow);
}

}  // namespace

// One call of on_request(): what is found out step by step, on the stack.
struct Frontend::Visit {
  Exchange exchange;
  MonoTime began;
  WallTime now;
  bool from_peer = false;
  Route route;
  // As the cache and the origin see it: what the client sent, `own`, or what `shape_` holds.
  const http::RequestHead* request = nullptr;
  http::RequestHead own;
  std::string_view target;  // what the client asks for: without what signs it
  std::string_view key_authority;
  std::string_view key_target;
  cache::RequestDirectives directives;
  uint64_t hash = 0;
  cache::Store::Found found;
  bool covered = false;             // it is an outline, and what is asked for is there
  const ErrorPage* page = nullptr;  // what is stored is an error that has one
  CacheStatus refused_as{.forward = Forward::Refused};
};

std::string flight_variant(const Behaviour& behaviour, http::Fields fields) {
  if (behaviour.vary.empty()) return {};
  // A key that does not fit is of a request whose answer is not stored; it flies with the nameless.
  cache::VariantKey key;
  if (!cache::make_key_for_names(behaviour.vary, fields, key)) return {};
  return std::string(key.bytes());
}

Frontend::Frontend(const FrontendContext& context)
    : context_(context),
      journal_(context.counters, context.access),
      answerer_(context.identity, journal_) {}

std::unique_ptr<server::Handler> Frontend::on_request(const http::RequestHead& head,
                                                      server::Responder& responder) {
  // RFC 9110 section 9.3.7: about us as a whole, of whatever host. Those who watch us
  // ask it again and again, so it has no line in the journal.
  if (head.target == "*") [[unlikely]] {
    const std::string alive =
        fmt::format("HTTP/1.1 204 No Content\r\nAllow: {}\r\n", kUsualMethods);
    const std::string_view piece = alive;
    responder.respond({&piece, 1}, {}, {.length = std::nullopt, .bodiless = true}, {});
    return nullptr;
  }
  return answer({head, responder}, false);
}

std::unique_ptr<server::Handler> Frontend::on_peer_request(const http::RequestHead& head,
                                                           server::Responder& responder) {
  context_.counters.peer_requests.add();
  return answer({head, responder, true}, true);
}

std::unique_ptr<server::Handler> Frontend::answer(const Exchange& exchange, bool from_peer) {
  Visit visit{.exchange = exchange,
              .began = context_.clock.mono(),
              .now = context_.loop.wall_now(),
              .from_peer = from_peer,
              .route = {},
              .own = {},
              .directives = {},
              .found = {}};
  if (find_route(visit) == Next::Done) return nullptr;
  // What another edge asks for it has looked at already, and taken off what signed it.
  if (!from_peer && apply_protocol_rule(visit) == Next::Done) return nullptr;
  if (apply_method_rules(visit) == Next::Done) return nullptr;
  if (apply_signature_rule(visit) == Next::Done) return nullptr;
  if (shape(visit) == Next::Done) return nullptr;
  if (look_up(visit) == Next::Done) return nullptr;
  return wait(visit);
}

Frontend::Next Frontend::find_route(Visit& visit) {
  const http::RequestHead& head = visit.exchange.head;
  if (routes_ == nullptr) {
    refuse(visit, {503, "no-configuration", "this node has not been given a configuration yet",
                   "Retry-After: 1\r\n"});
    return Next::Done;
  }
  const std::string_view host = normalise_host(head.authority, host_scratch_);
  if (host.empty()) {
    refuse(visit, {400, "no-host", "the request names no host", {}});
    return Next::Done;
  }
  visit.route = routes_->match(host, normalise_path(head.path_and_query, path_scratch_));
  if (!visit.route) {
    refuse(visit, {421, "unknown-host", "no distribution answers for this host", {}});
    return Next::Done;
  }
  return Next::Go;
}

Frontend::Next Frontend::apply_protocol_rule(Visit& visit) {
  const http::RequestHead& head = visit.exchange.head;
  const Behaviour& behaviour = *visit.route.behaviour;
  if (behaviour.viewer_protocol == ViewerProtocol::Any || head.scheme == "https") return Next::Go;
  const std::string_view host = normalise_host(head.authority, host_scratch_);
  if (behaviour.viewer_protocol == ViewerProtocol::HttpsOnly || host.empty()) {
    refuse(visit, {403, "https-only", "this is answered over https only", {}});
    return Next::Done;
  }
  std::string location = fmt::format("Location: https://{}", host);
  if (behaviour.https_port != 443) location += fmt::format(":{}", behaviour.https_port);
  location.append(head.path_and_query.starts_with('/') ? head.path_and_query : "/").append("\r\n");
  const bool reads = head.method == "GET" || head.method == "HEAD";
  refuse(visit, {static_cast<uint16_t>(reads ? 301 : 308), "https", "this is answered over https",
                 location});
  return Next::Done;
}

Frontend::Next Frontend::apply_method_rules(Visit& visit) {
  const http::RequestHead& head = visit.exchange.head;
  const Behaviour& behaviour = *visit.route.behaviour;
  // TRACE would show the client fields that were added for the origin; CONNECT asks for a tunnel.
  if (head.method == "TRACE" || head.method == "CONNECT" || !behaviour.allows(head.method)) {
    const std::string allow = fmt::format("Allow: {}\r\n", allowed_by(behaviour));
    refuse(visit, {405, "method", "the method is not allowed here", allow});
    return Next::Done;
  }
  if (has_looped(head.fields, context_.identity.name)) {
    context_.counters.loops.add();
    refuse(visit, {508, "loop", "the request has passed through this PoP before", {}});
    return Next::Done;
  }
  // RFC 9110 section 7.6.2: an OPTIONS that may not go further.
  if (head.method == "OPTIONS" && http::value_of(head.fields, "Max-Forwards") == "0") {
    answerer_.options(visit.exchange, allowed_by(behaviour), visit.now,
                      {.outcome = Outcome::Bypass,
                       .ttfb = context_.clock.mono() - visit.began,
                       .reason = "options"});
    return Next::Done;
  }
  return Next::Go;
}

// What signed the URL is no part of what it names: neither the key nor the origin sees it.
Frontend::Next Frontend::apply_signature_rule(Visit& visit) {
  visit.target = visit.exchange.head.path_and_query;
  if (visit.exchange.peer) return Next::Go;
  const Behaviour& behaviour = *visit.route.behaviour;
  if (behaviour.signing_keys.empty()) return Next::Go;
  const auto check = policy::check_signature(visit.target, behaviour.signing_keys, visit.now);
  if (check.verdict != policy::SignatureVerdict::Good) {
    refuse(visit, {403, to_string(check.verdict), "the URL is not signed, or not any more", {}});
    return Next::Done;
  }
  visit.target = check.target;
  return Next::Go;
}

// A request that is not answered from the cache goes to the origin as the client sent it, but what
// it may invalidate has the key of a GET.
Frontend::Next Frontend::shape(Visit& visit) {
  using enum policy::RequestShape::Outcome;
  const Behaviour& behaviour = *visit.route.behaviour;
  const policy::ViewerPlace place = place_of(behaviour, visit.exchange);
  const std::string& host = visit.route.distribution->canonical_host;
  visit.request = &visit.exchange.head;
  if (visit.target.size() != visit.request->path_and_query.size()) {
    visit.own = *visit.request;
    visit.own.path_and_query = visit.target;
    visit.request = &visit.own;
  }
  const http::RequestHead& head = *visit.request;
  switch (shape_.make(head, behaviour.shaped_by(), host, place)) {
    case AsIs:
      break;
    case Shaped:
      visit.request = &shape_.head();
      break;
    case TooManyParameters:
      refuse(visit, {400, "too-many-parameters", "the query has too many parameters", {}});
      return Next::Done;
    case TooManyCookies:
      refuse(visit, {400, "too-many-cookies", "the request has too many cookies", {}});
      return Next::Done;
  }
  visit.key_authority = visit.request->authority;
  visit.key_target = visit.request->path_and_query;
  if (visit.request != &head && !asks_cache(head)) {
    if (&head != &visit.own) visit.own = head;
    visit.own.authority = visit.key_authority;
    visit.request = &visit.own;
    if (uncached_shape_.make(visit.own, behaviour.uncached, {}, place) == Shaped) {
      visit.request = &uncached_shape_.head();
    }
  }
  return Next::Go;
}

policy::ViewerPlace Frontend::place_of(const Behaviour& behaviour, const Exchange& exchange) const {
  if (behaviour.uncached.place == policy::PlaceLevel::None) return {};
  // Looked up once, where the client came in: nodes may have databases of different days, or none.
  if (exchange.peer) return policy::place_said(exchange.head.fields);
  if (context_.places == nullptr) return {};
  const auto address = geo::parse_address(exchange.responder.client_address());
  if (!address || !geo::is_global(*address)) return {};
  const geo::Finding finding = context_.places->find(*address).finding;
  return {finding.country, finding.city};
}

Frontend::Next Frontend::look_up(Visit& visit) {
  const http::RequestHead& head = *visit.request;
  const CachePolicy& policy = visit.route.behaviour->cache;
  cache::build_key({.distribution = visit.route.distribution->id,
                    .authority = visit.key_authority,
                    .path_and_query = visit.key_target},
                   key_);
  visit.hash = context_.store.hash(key_);
  if (policy.honour_request_directives) {
    visit.directives = cache::parse_request_directives(head.fields);
  }
  if (policy.enabled && asks_cache(head)) {
    visit.found = context_.store.find(key_, visit.hash, head.fields, visit.directives, visit.now);
  }
  if (visit.found && use_found(visit) == Next::Done) return Next::Done;
  if (visit.directives.only_if_cached && !visit.covered) {  // RFC 9111 section 5.2.1.7
    refuse(visit, {504, "only-if-cached", "nothing usable is stored", {}});
    return Next::Done;
  }
  return Next::Go;
}

Frontend::Next Frontend::use_found(Visit& visit) {
  const cache::Verdict verdict = visit.found.judgement.verdict;
  if (verdict == cache::Verdict::Unusable) visit.found = {};
  const bool usable = verdict == cache::Verdict::Fresh || verdict == cache::Verdict::StaleUsable;
  if (!usable) return Next::Go;
  // RFC 9111 section 3.3: parts answer those who ask for no more.
  const bool whole = !visit.found.object->is_outline();
  if (!whole) visit.covered = covers(parts(), *visit.found.object, visit.exchange.head);
  if (!whole && !visit.covered) return Next::Go;
  // First, because the exchange ends with the answer; what it fetches comes later all the same.
  if (verdict == cache::Verdict::StaleUsable) revalidate_behind(visit, visit.found.object);
  if (!whole || has_error_page(visit)) return Next::Go;
  serve(visit, std::move(visit.found));
  return Next::Done;
}

bool Frontend::has_error_page(Visit& visit) {
  if (visit.exchange.peer) return false;
  visit.page = visit.route.distribution->error_page(visit.found.object->status());
  return visit.page != nullptr;
}

void Frontend::serve(const Visit& visit, cache::Store::Found found) {
  const bool fresh = found.judgement.verdict == cache::Verdict::Fresh;
  const CacheStatus status{
      .ttl = found.judgement.lifetime - found.judgement.age,
      .detail = fresh ? std::string_view{} : cache::to_string(found.judgement.reason)};
  answerer_.stored(visit.exchange, std::move(found.object), status, visit.now,
                   {.outcome = fresh ? Outcome::Hit : Outcome::Stale,
                    .ttfb = context_.clock.mono() - visit.began,
                    .reason = cache::to_string(found.judgement.reason)});
}

// RFC 5861 section 3. Whoever comes first does it; HEAD leaves it to the next GET.
void Frontend::revalidate_behind(const Visit& visit, cache::Pin stale) {
  if (visit.exchange.head.method != "GET" || context_.fetches.size() >= kBackgroundFetches) return;
  std::string name = flight_variant(*visit.route.behaviour, visit.request->fields);
  std::optional<PartAsk> part;
  if (stale->is_outline()) {
    part = revalidating_part({visit.exchange.head.method, visit.exchange.head.fields},
                             context_.fetches.context().limits.part_block);
    name = part_name(name, part->range);
  }
  auto flight = context_.flights.join({key_, visit.hash, name}, context_.loop,
                                      context_.fetches.context().budget, nullptr);
  if (flight == nullptr) return;
  context_.counters.background_revalidations.add();
  context_.fetches.start({.request = std::make_shared<UpstreamRequest>(
                              *visit.request, visit.exchange.responder.client_address()),
                          .routes = routes_,
                          .route = visit.route,
                          .mode = FetchMode::Fill,
                          .may_store = true,
                          .key = key_,
                          .hash = visit.hash,
                          .stale = std::move(stale),
                          .directives = {},
                          .part = std::move(part),
                          .from_peer = visit.from_peer},
                         std::move(flight));
}

std::unique_ptr<server::Handler> Frontend::wait(Visit& visit) {
  const ForwardPlan plan =
      plan_forward({.head = *visit.request,
                    .caching = visit.route.behaviour->cache.enabled,
                    .directives = visit.directives,
                    .found = static_cast<bool>(visit.found),
                    .reason = visit.found.judgement.reason,
                    .known_uncacheable = context_.store.known_uncacheable(visit.hash, visit.now),
                    .covered = visit.covered,
                    .collapse = visit.route.behaviour->cache.collapse});
  std::shared_ptr<const UpstreamRequest> shaped;
  if (visit.request != &visit.exchange.head) {
    shaped = std::make_shared<UpstreamRequest>(*visit.request,
                                               visit.exchange.responder.client_address());
  }
  auto request = std::make_unique<Request>(*this, Inquiry{.exchange = visit.exchange,
                                                          .began = visit.began,
                                                          .routes = routes_,
                                                          .route = visit.route,
                                                          .request = std::move(shaped),
                                                          .directives = visit.directives,
                                                          .key = key_,
                                                          .hash = visit.hash,
                                                          .found = std::move(visit.found),
                                                          .plan = plan,
                                                          .page = nullptr,
                                                          .from_peer = visit.from_peer});
  if (visit.page != nullptr) {
    request->run_page(*visit.page);
  } else {
    request->run();
  }
  return request;
}

// A GET of its own, without what the client said of the answer it wanted: its conditions and
// ranges, its credentials, its directives.
void Frontend::turn_to_page(Inquiry& inquiry, const ErrorPage& page) {
  const Distribution& distribution = *inquiry.route.distribution;
  std::vector<http::Field> fields;
  for (const http::Field& field : inquiry.exchange.head.fields) {
    if (!cache::is_client_precondition(field.name) &&
        !http::equal_ignore_case(field.name, "Authorization") &&
        !http::equal_ignore_case(field.name, "Cache-Control") &&
        !http::equal_ignore_case(field.name, "Pragma")) {
      fields.push_back(field);
    }
  }
  http::RequestHead head = inquiry.exchange.head;
  head.method = "GET";
  head.target = head.path_and_query = page.path;
  head.fields = fields;
  inquiry.page = &page;
  // The last behaviour matches everything.
  inquiry.route.behaviour = distribution.match(normalise_path(page.path, path_scratch_));
  const CachePolicy& policy = inquiry.route.behaviour->cache;
  const std::string_view client = inquiry.exchange.responder.client_address();
  const Behaviour& behaviour = *inquiry.route.behaviour;
  if (shape_.make(head, behaviour.shaped_by(), distribution.canonical_host,
                  place_of(behaviour, inquiry.exchange)) == policy::RequestShape::Outcome::Shaped) {
    head = shape_.head();
  }
  inquiry.request = std::make_shared<UpstreamRequest>(head, client);
  inquiry.directives = {};
  cache::build_key({.distribution = distribution.id,
                    .authority = head.authority,
                    .path_and_query = head.path_and_query},
                   inquiry.key);
  inquiry.hash = context_.store.hash(inquiry.key);
  const WallTime now = context_.loop.wall_now();
  inquiry.found = {};
  if (policy.enabled) {
    inquiry.found = context_.store.find(inquiry.key, inquiry.hash, head.fields, {}, now);
  }
  inquiry.plan =
      plan_forward({.head = head,
                    .caching = policy.enabled,
                    .directives = inquiry.directives,
                    .found = static_cast<bool>(inquiry.found),
                    .reason = inquiry.found.judgement.reason,
                    .known_uncacheable = context_.store.known_uncacheable(inquiry.hash, now)});
  inquiry.plan.detail = "error-page";
}

void Frontend::refuse(const Visit& visit, const Notice& notice) {
  answerer_.notice(visit.exchange, notice, visit.refused_as, visit.now,
                   {.outcome = notice.status >= 500 ? Outcome::Error : Outcome::Refused,
                    .ttfb = context_.clock.mono() - visit.began});
}

void Frontend::on_refused(uint16_t status, const char*) {
  context_.counters.count(status >= 500 ? Outcome::Error : Outcome::Refused);
}

// The origin may have acted on a request whose answer never came.
void Frontend::invalidate_target(const Inquiry& inquiry) {
  context_.flights.taint(inquiry.key, inquiry.hash);
  forget_on_disk(inquiry.key);
  context_.counters.invalidations.add(context_.store.remove(inquiry.key, inquiry.hash));
}

void Frontend::forget_on_disk(std::string_view key) {
  if (const auto& disk = context_.fetches.context().disk; disk != nullptr) disk->forget(key);
}

// RFC 9111 section 4.3.5.
void Frontend::learn_from_head(const Inquiry& inquiry, const cache::ResponseView& response,
                               const ResponseHead& head) {
  const cache::Pin& stored = inquiry.found.object;
  const Negotiated coding = negotiated(stored->head(), stored->meta());
  std::vector<http::Field> comparable(response.fields.begin(), response.fields.end());
  if (coding.value_or(policy::Coding::Identity) != policy::Coding::Identity) {
    // The origin's length is not that of what is stored.
    std::erase_if(comparable, [](const http::Field& field) {
      return http::equal_ignore_case(field.name, "Content-Length");
    });
  }
  switch (cache::compare_head(stored->head(), stored->body_size(), {response.status, comparable})) {
    case cache::HeadEffect::Nothing:
      return;
    case cache::HeadEffect::Invalidate:
      forget_on_disk(inquiry.key);
      context_.store.remove(stored);
      return;
    case cache::HeadEffect::Freshen: {
      std::string stored_head;
      cache::full_head(stored->head(), stored_head);
      auto fresh = cache::freshen(
          {.stored_head = stored_head,
           .stored_status = stored->status(),
           .not_modified = response.fields,
           .request_time = head.meta.response_time,
           .response_time = head.meta.response_time,
           .via = context_.identity.name},
          cache_policy(*inquiry.route.behaviour, context_.fetches.context().limits.max_object));
      if (!fresh.applies) return;
      if (!fresh.keep) {
        forget_on_disk(inquiry.key);
        context_.store.remove(stored);
        return;
      }
      edit_head(*inquiry.route.behaviour, coding, fresh.head, fresh.meta);
      auto object = cache::make_refreshed(*stored, fresh.head, fresh.meta);
      if (object) context_.store.refresh(stored, std::move(*object));
      return;
    }
  }
}

}  // namespace atl::edge
