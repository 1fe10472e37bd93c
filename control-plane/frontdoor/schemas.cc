#include "control-plane/frontdoor/schemas.h"

#include <utility>
#include <vector>

#include "control-plane/fleet/node.h"
#include "control-plane/frontdoor/schema.h"

namespace atl::control {
namespace {

using namespace schema;

Json endpoints() { return list(text(), "where clients reach it, \"host:port\", preferred first"); }

Json node_state() {
  return one_of({"active", "not-serving", "down"},
                "active: takes requests; not-serving: lives, but takes none; down: not heard of");
}

Json state() {
  return one_of(
      {"active", "not-serving", "down", "draining", "admin-down"},
      "of its best node; or the operator's: draining: finishes what it has; admin-down: out "
      "of service");
}

Json order() {
  return nullable(object({{"wish", one_of({"drain", "disable"})},
                          {"time_ms", integer("Unix time at which it was given")},
                          {"grace_ms", integer("how long those who come are still served")},
                          {"deadline_ms", integer("0: nothing is cut off")},
                          {"author", nullable(text("name of a token"))}},
                         "what the operator wants; null: that it serves"));
}

std::vector<Member> place() {
  return {{"id", text()},
          {"city", text()},
          {"country", text("ISO 3166-1 alpha-2; may be empty")},
          {"latitude", number("degrees")},
          {"longitude", number("degrees")},
          {"endpoints", endpoints()}};
}

Json latency() {
  return object({{"p50_us", integer()}, {"p99_us", integer()}}, "time to first byte");
}

Json statistics() {
  std::vector<Member> members{{"time_ms", integer("Unix time of the report; 0: none yet")},
                              {"requests", integer("since the node's start, as all counts here")}};
  for (const std::string_view name : kCounterNames)
    members.push_back({std::string(name), integer()});
  members.push_back({"ttfb_hit", latency()});
  members.push_back({"ttfb_miss", latency()});
  return object(members);
}

Json rates() {
  std::vector<Member> members{{"requests", number()}};
  for (size_t i = 0; i < kFirstGauge; ++i)
    members.push_back({std::string(kCounterNames[i]), number()});
  return object(members, "over the last interval of reports");
}

Json observers() {
  const auto vote = [](std::string_view about) { return one_of({"silent", "up", "down"}, about); };
  return object(
      {{"lease", vote("whether it is heard of itself")},
       {"probe", vote("what the control plane sees when it asks it by HTTP")},
       {"probe_detail", text("why not")},
       {"nodes", list(object({{"pop", text()},
                              {"node", text()},
                              {"vote", one_of({"up", "down"})},
                              {"age_ms", integer("how long ago; beyond a lease it counts no more")},
                              {"detail", text("why not")}}),
                      "what other nodes see")},
       {"summary", text("for people")}});
}

Json node() {
  return object(
      {{"node", text("its name within the PoP")},
       {"instance", text("of the process")},
       {"version", text("of the program")},
       {"state", node_state()},
       {"serving", boolean()},
       {"detail", text("why it is not serving")},
       {"observers", observers()},
       {"endpoints", endpoints()},
       {"listens", list(text())},
       {"workers", integer()},
       {"cache_capacity", integer("bytes")},
       {"snapshot_version", integer("configuration that it acknowledged; 0: none")},
       {"snapshot_refused", text("why it refused the last one; empty: it did not")},
       {"last_purge", integer("number of the last one it acknowledged")},
       {"last_seen_ms", integer("how long ago")},
       {"connections", integer()},
       {"requests_in_flight", integer()},
       {"cpu_millicores", integer()},
       {"drained", boolean("asked to drain, it has nothing in flight any more")},
       {"origins", list(object({{"id", text()}, {"reachable", boolean()}, {"detail", text()}}))},
       {"statistics", statistics()},
       {"per_second", rates()}});
}

Json pop() {
  std::vector<Member> members = place();
  members.push_back({"state", state()});
  members.push_back({"reason", text("of draining and admin-down; else empty")});
  members.push_back({"alive", boolean()});
  members.push_back({"order", order()});
  members.push_back({"nodes", list(ref("Node"))});
  return object(members);
}

Json status() {
  return object(
      {{"ready", boolean("every PoP takes requests and has the present configuration")},
       {"version", text("of the program")},
       {"instance", text("of the process")},
       {"snapshot_version", integer()},
       {"configuration_problem", text("why the last reload was refused; empty: it was not")},
       {"last_purge", integer("number")},
       {"pops", list(ref("Pop"))}});
}

Json configuration() {
  const Json duration = text("such as \"10s\"");
  const Json cache = object({{"enabled", boolean()},
                             {"default_ttl", nullable(duration)},
                             {"min_ttl", nullable(duration)},
                             {"max_ttl", nullable(duration)},
                             {"max_object", nullable(integer("bytes"))},
                             {"honour_request_directives", boolean()}});
  const Json behaviour = object({{"path", text("pattern")},
                                 {"origin_group", text()},
                                 {"allowed_methods", list(text(), "empty: all")},
                                 {"cache", cache}});
  return object(
      {{"snapshot_version", integer()},
       {"pops", list(object(place()))},
       {"origins", list(object({{"id", text()},
                                {"endpoint", text()},
                                {"source", text()},
                                {"head_timeout", duration},
                                {"timeout", duration}}))},
       {"origin_groups",
        list(object(
            {{"id", text()}, {"origins", list(text())}, {"failover_statuses", list(integer())}}))},
       {"distributions",
        list(object({{"id", text()}, {"hosts", list(text())}, {"behaviours", list(behaviour)}}))},
       {"geo_databases",
        list(object({{"path", text()}, {"type", text()}, {"build_epoch", integer()}}))}});
}

Json fence() {
  return nullable(
      object({optional("allow", list(text("country"))), optional("deny", list(text("country")))}));
}

std::vector<Member> estimate() {
  return {optional("distance_km", number()), optional("rtt_ms", number()),
          optional("rtt_source", one_of({"measured", "model"}))};
}

Json candidate() {
  std::vector<Member> members{{"pop", text()},
                              {"city", text()},
                              {"country", text()},
                              {"state", state()},
                              {"verdict", text("why it is chosen or not: docs/routing.md")},
                              {"pinned", boolean("the subnet table names it")},
                              {"region", nullable(text("of the matrix of measured round trips"))},
                              {"bias", number("percent by which its round trip counts as longer")},
                              {"load", nullable(number("of its capacity; null: not known"))},
                              {"shed", number("share of its clients that it sends elsewhere")},
                              {"fence", fence()},
                              optional("weight", number("where the policy is weighted"))};
  for (Member& member : estimate()) members.push_back(std::move(member));
  return object(members);
}

Json route() {
  const Json where = object({{"source", text()},
                             {"country", text()},
                             {"city", text()},
                             optional("latitude", number()),
                             optional("longitude", number()),
                             optional("region", text())});
  const Json policy =
      object({{"steer", one_of({"nearest", "weighted", "failover"})},
              {"fence", fence()},
              optional("canary", object({{"pop", text()}, {"percent", number()}}))});
  std::vector<Member> members{
      {"client", text("address")},
      {"client_prefix", text("how much of the address the answer rests on")},
      {"place", where},
      {"country", text()},
      {"pop", nullable(text("null: there is none for this client"))},
      {"endpoints", endpoints()},
      {"reason", text("docs/api.md lists them")},
      {"explanation", text("one sentence")},
      optional("distribution", text("of the host that was asked about")),
      {"policy", policy},
      optional("location", text("where a redirect would lead")),
      optional("error", text()),
      {"candidates", list(candidate(), "best first")}};
  for (Member& member : estimate()) members.push_back(std::move(member));
  return object(members);
}

// Figures of a second, or their columns.
std::vector<Member> figures(const Json& value) {
  std::vector<Member> members{{"requests", value}};
  for (const std::string_view name : kCounterNames) members.push_back({std::string(name), value});
  for (const char* name :
       {"p50_us", "p95_us", "p99_us", "hit_p50_us", "hit_p99_us", "miss_p50_us", "miss_p99_us"}) {
    members.push_back({name, value});
  }
  return members;
}

Json series() {
  std::vector<Member> columns = figures(list(nullable(number())));
  columns.push_back({"origin_time_saved_ms", list(nullable(number()))});
  const Json histogram = list(list(integer()), "upper bound in microseconds and count");
  return object(
      {{"window", text()},
       {"pop", nullable(text("null: all"))},
       {"step_ms", integer()},
       {"first_ms", integer("Unix time at which the first point begins")},
       {"columns", object(columns, "of one length, oldest first; null: nothing was heard")},
       {"ttfb_hit", histogram},
       {"ttfb_miss", histogram}});
}

Json live_sample() {
  std::vector<Member> of_pop{{"id", text()},
                             {"state", state()},
                             {"nodes", integer("that live")},
                             {"connections", integer()},
                             {"requests_in_flight", integer()},
                             {"cpu_millicores", integer()},
                             {"cache_capacity", integer("bytes")}};
  const std::vector<Member> second = figures(nullable(number()));
  of_pop.insert(of_pop.end(), second.begin(), second.end());
  return object({{"time_ms", integer("when the second began")},
                 {"step_ms", integer()},
                 {"total", object(second)},
                 {"pops", list(object(of_pop), "in the order of the configuration")}});
}

Json live_layout() {
  return object({{"version", text()},
                 {"snapshot_version", integer()},
                 {"configuration_problem", text()},
                 {"pops", list(object(place()))}});
}

Json purge_request() {
  return object(
      {optional("url", text("absolute; every variant of it")),
       optional("prefix", text("absolute URL that ends in *")), optional("host", text("host name")),
       optional("tag", text("of Surrogate-Key or Cache-Tag")),
       optional("everything", boolean("true")),
       optional("soft", boolean("mark stale in place of removing"))},
      "one of url, prefix, host, tag and everything");
}

Json purge() {
  const Json node =
      object({{"pop", text()},
              {"node", text()},
              {"acknowledged", boolean()},
              optional("objects", integer("that were purged")),
              optional("duration_us", integer("at the node")),
              optional("after_us", integer("from the request to its acknowledgement"))});
  return object({{"number", integer()},
                 {"time_ms", integer("Unix time of the request")},
                 {"kind", one_of({"url", "prefix", "host", "tag", "everything"})},
                 {"value", text()},
                 {"soft", boolean()},
                 {"done", boolean("every node has acknowledged it")},
                 {"nodes", list(node)}});
}

Json role() { return one_of({"viewer", "operator", "admin"}); }

Json token() {
  return object({{"name", text()},
                 {"role", role()},
                 {"created_s", integer("Unix time, as all of these")},
                 {"expires_s", nullable(integer("null: never"))},
                 {"last_used_s", nullable(integer("null: never; may be a minute late"))},
                 {"expired", boolean()}});
}

Json audit_entry() {
  return object(
      {{"time", text("RFC 3339")},
       {"time_ms", integer()},
       {"token", nullable(text("its name; null: authentication was off, or none was shown"))},
       {"role", nullable(text())},
       {"client", nullable(text("address"))},
       {"action", text()},
       {"subject", nullable(text("what it was done to"))},
       {"outcome", one_of({"done", "refused", "failed"})},
       {"status", integer("of the answer; 0: it was a command on the machine")},
       {"reason", nullable(text("why it was not done"))}});
}

Json session() {
  return object(
      {{"authentication", one_of({"off", "required"})},
       {"token", nullable(text("name of the caller's token; null: authentication is off"))},
       {"role", role()},
       {"via", one_of({"nothing", "header", "cookie"}, "how the token was shown")},
       {"expires_s", nullable(integer("Unix time; null: never"))}});
}

}  // namespace

Json schemas() {
  Json all;
  all["Error"] = object({{"error", text("a sentence")}});
  all["Index"] = {{"type", "object"},
                  {"additionalProperties", text()},
                  {"description", "name of every call: method and path"}};
  all["Status"] = status();
  all["Pops"] = object({{"pops", list(ref("Pop"))}});
  all["Pop"] = pop();
  all["Node"] = node();
  all["Configuration"] = configuration();
  all["Route"] = route();
  all["Series"] = series();
  all["LiveLayout"] = live_layout();
  all["LiveSample"] = live_sample();
  all["PurgeRequest"] = purge_request();
  all["PurgeStarted"] = object({{"number", integer()}, {"progress", text("where to ask")}});
  all["Purge"] = purge();
  all["SessionRequest"] = object({{"token", text("a bearer token")}});
  all["Session"] = session();
  all["SessionEnded"] = object({{"ended", boolean()}});
  all["TokenRequest"] =
      object({{"name", text()},
              {"role", role()},
              optional("expires_in", text("such as \"30d\"; without it: never"))});
  all["Token"] = token();
  all["Tokens"] = object({{"tokens", list(ref("Token"))}});
  all["TokenMade"] = object({{"name", text()},
                             {"role", role()},
                             {"expires_s", nullable(integer())},
                             {"token", text("the secret; it is shown this once")}});
  all["TokenDeleted"] = object({{"deleted", text("name")}});
  all["AuditEntry"] = audit_entry();
  all["Audit"] = object({{"entries", list(ref("AuditEntry"), "newest first")}});
  return all;
}

}  // namespace atl::control
