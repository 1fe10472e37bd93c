#include "control-plane/frontdoor/openapi.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "control-plane/frontdoor/docs_page.h"
#include "control-plane/frontdoor/endpoint.h"
#include "tests/unit/control-plane/frontdoor/json_schema.h"
#include "tests/unit/control-plane/frontdoor/world.h"

namespace atl::control {
namespace {

using Json = nlohmann::ordered_json;

Json document() { return openapi_document(endpoints(), "0.1.0"); }

// A node that has told everything that nodes tell.
void serve_in_full(World& world, const char* pop) {
  const SessionId session = world.serve(pop);
  NodeHealth health;
  health.serving = true;
  health.origins = {{"www", false, "refused"}};
  world.fleet->on_health(session, health);
  for (uint64_t time = 1; time < 3; ++time) {
    NodeStatistics statistics;
    statistics.time_ms = time * 1000;
    statistics.counts.fill(time * 10);
    statistics.ttfb_hit.buckets.assign(41, time);
    statistics.ttfb_miss.buckets.assign(41, time);
    world.fleet->on_statistics(session, statistics);
    for (int i = 0; i < 4; ++i) {
      world.clock.advance(250ms);
      world.live->tick();
    }
  }
}

// The schema of what was answered, as the document has it; null: it is not described.
Json described(const Json& all, const Endpoint& endpoint, int status) {
  std::string method(to_string(endpoint.method));
  for (char& c : method) c = static_cast<char>(c | 0x20);
  const Json& responses = all["paths"][std::string(endpoint.path)][method]["responses"];
  if (!responses.contains(std::to_string(status))) return nullptr;
  const Json& one = responses[std::to_string(status)];
  const Json& real = one.contains("$ref")
                         ? all[Json::json_pointer(one["$ref"].get<std::string>().substr(1))]
                         : one;
  const Json& media = real["content"].begin().value();
  return media.contains("schema") ? media["schema"] : Json::object();
}

TEST_CASE("openapi: every real answer is as its schema says") {
  struct Row {
    const char* method;
    const char* target;
    const char* body;
    int status;
  };
  World world;
  serve_in_full(world, "fra");
  const Json all = document();
  const std::vector<http::Field> fields{{"Content-Type", "application/json"}};
  std::set<std::string_view> answered;
  for (const Row& row : {
           Row{"GET", "/v1", "", 200},
           Row{"GET", "/v1/status", "", 200},
           Row{"GET", "/v1/pops", "", 200},
           Row{"POST", "/v1/pops/syd/disable", "", 200},
           Row{"POST", "/v1/pops/syd/activate", "", 200},
           Row{"POST", "/v1/pops/syd/drain?grace=0s&deadline=5s", "", 200},
           Row{"POST", "/v1/pops/syd/drain?grace=soon", "", 400},
           Row{"POST", "/v1/pops/fra/drain", "", 409},
           Row{"POST", "/v1/pops/none/drain", "", 404},
           Row{"POST", "/v1/pops/none/activate", "", 404},
           Row{"GET", "/v1/pops", "", 200},
           Row{"GET", "/v1/config", "", 200},
           Row{"GET", "/v1/route?ip=10.1.0.1&host=named.example", "", 200},
           Row{"GET", "/v1/route?ip=9.9.9.9", "", 200},
           Row{"GET", "/v1/route", "", 400},
           Row{"GET", "/v1/series?window=1m", "", 200},
           Row{"GET", "/v1/series?pop=fra", "", 200},
           Row{"GET", "/v1/series?pop=none", "", 404},
           Row{"POST", "/v1/purge", "{\"tag\": \"a\"}", 202},
           Row{"POST", "/v1/purge", "{}", 400},
           Row{"GET", "/v1/purges/1", "", 200},
           Row{"GET", "/v1/purges/9", "", 404},
           Row{"GET", "/v1/session", "", 200},
           Row{"POST", "/v1/session", "{\"token\": \"x\"}", 200},
           Row{"DELETE", "/v1/session", "", 200},
           Row{"POST", "/v1/tokens", "{\"name\": \"a\", \"role\": \"viewer\"}", 201},
           Row{"POST", "/v1/tokens", "{\"name\": \"a\", \"role\": \"viewer\"}", 409},
           Row{"GET", "/v1/tokens", "", 200},
           Row{"DELETE", "/v1/tokens/a", "", 200},
           Row{"DELETE", "/v1/tokens/a", "", 404},
           Row{"GET", "/v1/audit", "", 200},
           Row{"GET", "/v1/openapi.json", "", 200},
           Row{"GET", "/v1/docs", "", 200},
           Row{"GET", "/healthz", "", 200},
           Row{"GET", "/metrics", "", 200},
       }) {
    CAPTURE(row.method);
    CAPTURE(row.target);
    const std::string target = row.target;
    const FakeResponder answer =
        world.ask({.method = row.method, .target = target, .fields = fields, .body = row.body});
    CHECK(answer.status() == row.status);
    const Match found = match(endpoints(), row.method, target.substr(0, target.find('?')));
    REQUIRE(found.endpoint != nullptr);
    answered.insert(found.endpoint->id);
    const Json schema = described(all, *found.endpoint, answer.status());
    REQUIRE_FALSE(schema.is_null());
    if (!schema.empty()) CHECK(fault(all, schema, Json::parse(answer.body)) == "");
  }
  answered.insert("live");  // below
  for (const Endpoint& endpoint : endpoints()) {
    CAPTURE(endpoint.id);
    CHECK(answered.contains(endpoint.id));
  }
}

TEST_CASE("openapi: the events of the live stream are as their schemas say") {
  World world;
  serve_in_full(world, "fra");
  FakeResponder responder;
  http::RequestHead head;
  head.method = "GET";
  head.target = head.path_and_query = "/v1/live";
  head.authority = "127.0.0.1:8000";
  const auto handler = world.door->on_request(head, responder);
  const Json all = document();
  const auto data = [&](const std::string& event) {
    const size_t at = responder.body.find("event: " + event + "\ndata: ");
    REQUIRE(at != std::string::npos);
    const size_t begin = responder.body.find("data: ", at) + 6;
    return Json::parse(responder.body.substr(begin, responder.body.find('\n', begin) - begin));
  };
  CHECK(fault(all, all["components"]["schemas"]["LiveLayout"], data("layout")) == "");
  CHECK(fault(all, all["components"]["schemas"]["LiveSample"], data("sample")) == "");
}

TEST_CASE("openapi: the check itself finds what is wrong") {
  const Json all = document();
  const Json& schema = all["components"]["schemas"]["Session"];
  const Json good{{"authentication", "off"},
                  {"token", nullptr},
                  {"role", "admin"},
                  {"via", "nothing"},
                  {"expires_s", 5}};
  CHECK(fault(all, schema, good) == "");
  Json bad = good;
  bad["more"] = 1;
  CHECK(fault(all, schema, bad) == "$.more is not described");
  bad = good;
  bad.erase("via");
  CHECK(fault(all, schema, bad) == "$ has no \"via\"");
  bad = good;
  bad["role"] = "root";
  CHECK_FALSE(fault(all, schema, bad).empty());
  bad = good;
  bad["expires_s"] = "5";
  CHECK_FALSE(fault(all, schema, bad).empty());
}

TEST_CASE("openapi: names are unique, references lead somewhere, roles are told") {
  const Json all = document();
  CHECK(all["openapi"] == "3.1.0");
  std::set<std::string_view> ids;
  for (const Endpoint& endpoint : endpoints()) {
    CAPTURE(endpoint.id);
    CHECK(ids.insert(endpoint.id).second);
    CHECK(endpoint.path.starts_with("/"));
    CHECK((endpoint.argument.empty()) == (endpoint.path.find('{') == std::string_view::npos));
    CHECK_FALSE(endpoint.answers.empty());
    const Json operation =
        all["paths"][std::string(endpoint.path)][endpoint.method == Method::Get    ? "get"
                                                 : endpoint.method == Method::Post ? "post"
                                                                                   : "delete"];
    CHECK(operation["x-atoll-role"] == to_string(endpoint.role));
    CHECK(operation["security"].empty() == (endpoint.role == Role::Anyone));
  }
  const std::string text = all.dump();
  for (size_t at = text.find("\"$ref\":\""); at != std::string::npos;
       at = text.find("\"$ref\":\"", at + 1)) {
    const std::string name = text.substr(at + 9, text.find('"', at + 9) - at - 9);
    CAPTURE(name);
    CHECK(all.contains(Json::json_pointer(name)));
  }
}

TEST_CASE("docs page: has every call, loads nothing and escapes what it shows") {
  World world;
  const FakeResponder page = world.ask({.target = "/v1/docs"});
  CHECK(page.field("Content-Type") == "text/html; charset=utf-8");
  CHECK(page.field("Content-Security-Policy").starts_with("default-src 'none'"));
  for (const Endpoint& endpoint : endpoints()) {
    CHECK(page.body.find("<article id=\"" + std::string(endpoint.id) + "\">") != std::string::npos);
  }
  for (const char* outside : {"<script", "http://", "https://", "src="}) {
    CHECK(page.body.find(outside) == std::string::npos);
  }
  CHECK(escape_html("<a href=\"x\">&</a>") == "&lt;a href=&quot;x&quot;&gt;&amp;&lt;/a&gt;");
}

TEST_CASE("match: paths with and without an argument") {
  const auto id = [](const char* method, const char* path) {
    const Match found = match(endpoints(), method, path);
    return found.endpoint == nullptr
               ? "-" + found.allow
               : std::string(found.endpoint->id) + " " + std::string(found.argument);
  };
  CHECK(id("GET", "/v1/purges/17") == "purge-progress 17");
  CHECK(id("HEAD", "/v1/status") == "status ");
  CHECK(id("DELETE", "/v1/tokens/a.b") == "delete-token a.b");
  CHECK(id("GET", "/v1/purges/") == "-");
  CHECK(id("GET", "/v1/purges/1/2") == "-");
  CHECK(id("PUT", "/v1/tokens") == "-GET, HEAD, POST");
  CHECK(id("POST", "/v1/status") == "-GET, HEAD");
  CHECK(id("GET", "/v1/stat") == "-");
}

}  // namespace
}  // namespace atl::control
