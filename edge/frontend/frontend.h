#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "edge/cache/parts.h"
#include "edge/cache/store.h"
#include "edge/fetch/fetch.h"
#include "edge/frontend/answer.h"
#include "edge/frontend/forward_plan.h"
#include "edge/frontend/journal.h"
#include "edge/policy/request_shape.h"
#include "edge/routing/route_table.h"
#include "lib/base/clock.h"
#include "lib/geo/database.h"
#include "lib/server/application.h"

namespace atl::edge {

// The first name of a request's flight (see FlightName): what the behaviour has in the variant key,
// so that requests which cannot share an answer do not wait for one another.
std::string flight_variant(const Behaviour& behaviour, http::Fields fields);

// What is known of a request when it was not answered at once.
struct Inquiry {
  Exchange exchange;
  MonoTime began{};
  std::shared_ptr<const RouteTable> routes;
  Route route;
  // As the cache and the origin see it, if that differs from what the client sent.
  std::shared_ptr<const UpstreamRequest> request;
  cache::RequestDirectives directives;
  std::string key;
  uint64_t hash = 0;
  cache::Store::Found found;  // to revalidate, to complete, or to fall back on
  ForwardPlan plan;
  const ErrorPage* page = nullptr;  // the rest is about this page, not what the client asked for
  bool from_peer = false;           // another edge asks
};

// What a worker's frontend works with. Outlives it.
struct FrontendContext {
  net::Loop& loop;
  const Clock& clock;
  cache::Store& store;
  FlightTable& flights;
  FetchSet& fetches;
  Counters& counters;
  const Identity& identity;
  const std::shared_ptr<const geo::Database>& places;  // null: nobody's place is known
  AccessRing* access = nullptr;                        // null: no access log
};

// The edge as a server's application: answers from the cache within the call, without allocating,
// or hands over to a Request that waits. One per worker; loop thread.
class Frontend final : public server::Application {
 public:
  explicit Frontend(const FrontendContext& context);

  // Requests that begin from now on use `routes`.
  void set_routes(std::shared_ptr<const RouteTable> routes) { routes_ = std::move(routes); }

  std::unique_ptr<server::Handler> on_request(const http::RequestHead& head,
                                              server::Responder& responder) override;
  void on_refused(uint16_t status, const char* reason) override;

  // As on_request(), for another edge: a sibling's miss, or that of a PoP which has this one for a
  // shield.
  std::unique_ptr<server::Handler> on_peer_request(const http::RequestHead& head,
                                                   server::Responder& responder);
  // Of the routes in use; 0: none yet.
  uint64_t routes_version() const { return routes_ == nullptr ? 0 : routes_->version(); }

  // ---- For Request ----

  FrontendContext& context() { return context_; }
  Answerer& answerer() { return answerer_; }
  // From now on the inquiry is about the error page.
  void turn_to_page(Inquiry& inquiry, const ErrorPage& page);
  // The target of an unsafe request whose answer never came.
  void invalidate_target(const Inquiry& inquiry);
  void learn_from_head(const Inquiry& inquiry, const cache::ResponseView& response,
                       const ResponseHead& head);
  Journal& journal() { return journal_; }
  cache::Parts parts() const {
    return {context_.store, context_.fetches.context().limits.part_block};
  }

 private:
  struct Visit;
  enum class Next : uint8_t { Go, Done };

  std::unique_ptr<server::Handler> answer(const Exchange& exchange, bool from_peer);
  Next find_route(Visit& visit);
  Next apply_protocol_rule(Visit& visit);
  Next apply_method_rules(Visit& visit);
  Next apply_signature_rule(Visit& visit);
  Next shape(Visit& visit);
  Next look_up(Visit& visit);
  Next use_found(Visit& visit);
  void refuse(const Visit& visit, const Notice& notice);
  policy::ViewerPlace place_of(const Behaviour& behaviour, const Exchange& exchange) const;
  bool has_error_page(Visit& visit);
  void serve(const Visit& visit, cache::Store::Found found);
  void forget_on_disk(std::string_view key);
  void revalidate_behind(const Visit& visit, cache::Pin stale);
  std::unique_ptr<server::Handler> wait(Visit& visit);

  FrontendContext context_;
  std::shared_ptr<const RouteTable> routes_;
  Journal journal_;
  Answerer answerer_;
  // Reused by every request, so that a warm worker does not allocate for them.
  std::string host_scratch_;
  std::string path_scratch_;
  std::string key_;
  policy::RequestShape shape_;
  policy::RequestShape uncached_shape_;
};

}  // namespace atl::edge
