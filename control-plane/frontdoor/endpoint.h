#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "control-plane/access/guard.h"
#include "control-plane/frontdoor/api.h"
#include "control-plane/frontdoor/dns_feed.h"
#include "control-plane/frontdoor/live.h"
#include "control-plane/frontdoor/metrics.h"
#include "control-plane/frontdoor/reply.h"
#include "control-plane/frontdoor/routing.h"

// The API as one table: what there is, who may call it, how it is answered, and how it is
// described. Dispatch, authorisation, /v1/openapi.json and /v1/docs all come from it.

namespace atl::control {

enum class Method : uint8_t { Get, Post, Delete };  // HEAD is a Get
std::string_view to_string(Method method);

// What answers are made from. References live as long as the front door.
struct ApiContext {
  ApiView view;
  Fleet& fleet;
  Routing& routing;
  Live& live;
  Guard& guard;
  const DnsFeed* dns;  // null without a [dns]
  const FrontDoorCounters& counters;
  Authentication authentication;
};

// One request. Views live during the call.
struct Call {
  const Caller& caller;
  std::string_view client;    // address
  std::string_view argument;  // what stands in place of {…} in the path
  std::string_view query;
  std::string_view body;
  bool tls = false;  // the client speaks it, with a proxy before us
};

struct Parameter {
  std::string_view name;
  bool required;
  std::string_view about;
};

// One status an endpoint may answer with; further ones are those that every endpoint has.
struct Described {
  uint16_t status;
  std::string_view about;
  std::string_view schema;  // of schemas(); empty: the body is not JSON
  std::string_view type = "application/json";
};

struct Endpoint {
  Method method;
  std::string_view path;  // "/v1/purges/{number}": at most one {…}, a whole segment
  Role role;
  std::string_view id;  // unique; the name of the action in the audit log
  std::string_view summary;
  std::vector<Parameter> query;
  std::string_view argument;  // what {…} is
  std::string_view body;      // schema of the request's; empty: none is read
  std::vector<Described> answers;
  // Null: the live stream, which has no one answer.
  Reply (*answer)(const ApiContext& context, const Call& call);

  bool changes() const { return method != Method::Get; }
};

std::span<const Endpoint> endpoints();

// Which endpoint a request is for.
struct Match {
  const Endpoint* endpoint = nullptr;
  std::string_view argument;
  std::string allow;  // without an endpoint: what the path allows; empty: there is nothing there
};
Match match(std::span<const Endpoint> table, std::string_view method, std::string_view path);

}  // namespace atl::control
