#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/cache/object.h"
#include "edge/cache/range.h"
#include "edge/cache/validation.h"
#include "edge/cache/view.h"
#include "edge/identity.h"
#include "edge/routing/route_table.h"
#include "lib/http/request_head.h"

namespace atl::edge {

// How a request goes to the origin.
enum class FetchMode : uint8_t {
  // For the cache: without the client's conditions and ranges, with conditions of our own; the
  // answer
  // is the whole representation and serves everybody who waits.
  Fill,
  // As the client sent it; the answer is for this client.
  Verbatim,
};

// All of a request that outlives the client it came from. Not movable: it points into itself.
class UpstreamRequest {
 public:
  UpstreamRequest(const http::RequestHead& head, std::string_view client_address);
  UpstreamRequest(const UpstreamRequest&) = delete;
  UpstreamRequest& operator=(const UpstreamRequest&) = delete;

  // As the cache and the origin see it (policy::RequestShape), for storability, Vary and
  // invalidation.
  cache::RequestView view() const {
    return {method_, fields_, scheme_, authority_, path_and_query_};
  }
  std::string_view method() const { return method_; }
  std::string_view scheme() const { return scheme_; }
  std::string_view authority() const { return authority_; }
  std::string_view target() const { return target_; }
  std::string_view path_and_query() const { return path_and_query_; }
  std::string_view client_address() const { return client_address_; }
  http::Fields fields() const { return fields_; }
  std::optional<uint64_t> body_length() const { return body_length_; }
  bool has_body() const { return body_length_ != uint64_t{0}; }
  uint8_t version_minor() const { return version_minor_; }  // of HTTP/1

 private:
  std::string_view keep(std::string_view text);

  std::string bytes_;  // everything below points here; never grows after construction
  std::vector<http::Field> fields_;
  std::string_view method_;
  std::string_view scheme_;
  std::string_view authority_;
  std::string_view target_;
  std::string_view path_and_query_;
  std::string_view client_address_;
  std::optional<uint64_t> body_length_;
  uint8_t version_minor_;
};

// Where a request goes next. A PoP is one in CDN-Loop: within it the field is not added to, because
// the sibling refuses what has been through the PoP before (and never asks a third).
enum class Hop : uint8_t { Out, Sibling };

// The field section that goes upstream: end-to-end fields of the request, without Host and Expect,
// with Via and CDN-Loop added, Max-Forwards one less (RFC 9110 section 7.6), and in Fill mode
// without the client's preconditions and ranges but with `conditional`. `edits`: the behaviour's.
std::string build_upstream_fields(const UpstreamRequest& request, FetchMode mode,
                                  const cache::Conditional& conditional,
                                  const policy::HeaderEdits& edits, const Identity& identity,
                                  Hop hop = Hop::Out);

// A range of our own, instead of the whole (docs/adr/0007).
struct PartAsk {
  cache::RangeSpec range;
  bool exact = false;  // it is the client's own; see cache::PartFacts
  cache::Pin outline;  // what it is a part of; null: nothing is known, or only what is stale
};

// Everything a fetch needs to know, whoever waits for it.
struct FetchPlan {
  std::shared_ptr<const UpstreamRequest> request;
  std::shared_ptr<const RouteTable> routes;  // keeps `route` alive
  Route route;
  FetchMode mode = FetchMode::Fill;
  bool may_store = true;  // behaviour allows it and the method is one whose answers are stored
  std::string key;
  uint64_t hash = 0;
  cache::Pin stale;  // what is revalidated; null: nothing
  // Of the request that leads; what is found on disk is judged by them.
  cache::RequestDirectives directives;
  std::optional<PartAsk> part;  // mode Fill only
  bool from_peer = false;       // another edge asks: siblings are not asked again
};

// The behaviour's policy as the cache's pure functions take it; no object above `max_object`.
// Points into the behaviour.
cache::Policy cache_policy(const Behaviour& behaviour, uint64_t max_object);

}  // namespace atl::edge
