// Who may call what, over the whole front door.

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "control-plane/frontdoor/endpoint.h"
#include "tests/unit/control-plane/frontdoor/world.h"

namespace atl::control {
namespace {

using Json = nlohmann::json;

// A front door that asks for tokens.
struct Guarded : World {
  Guarded() : World(std::string(kConfig) + kAnyHost + "[api]\nauthentication = \"required\"\n") {
    serve("fra");
    serve("syd");
  }

  FakeResponder call(const std::string& method, const std::string& target,
                     std::vector<http::Field> fields = {}, const std::string& body = {}) {
    if (!body.empty()) fields.push_back({"Content-Type", "application/json"});
    return ask({.method = method.c_str(), .target = target, .fields = fields, .body = body});
  }
  FakeResponder as(const std::string& secret, const std::string& method, const std::string& target,
                   const std::string& body = {}) {
    const std::string value = "Bearer " + secret;
    return call(method, target, {{"Authorization", value}}, body);
  }
  std::vector<Json> audit() {
    std::vector<Json> entries;
    const auto lines = guard->audit().latest(100);
    REQUIRE(lines);
    for (const std::string& line : *lines) entries.push_back(Json::parse(line));
    return entries;
  }
};

// A request of each endpoint that would be answered well.
std::string sample_target(const Endpoint& endpoint) {
  if (endpoint.id == "purge-progress") return "/v1/purges/1";
  if (endpoint.id == "delete-token") return "/v1/tokens/spare";
  if (endpoint.id == "drain-pop") return "/v1/pops/fra/drain";
  if (endpoint.id == "disable-pop") return "/v1/pops/fra/disable";
  if (endpoint.id == "activate-pop") return "/v1/pops/fra/activate";
  if (endpoint.id == "route") return "/v1/route?ip=10.1.0.1";
  return std::string(endpoint.path);
}

std::string sample_body(const Endpoint& endpoint) {
  if (endpoint.id == "purge") return "{\"tag\": \"x\"}";
  if (endpoint.id == "create-token") return "{\"name\": \"new\", \"role\": \"viewer\"}";
  if (endpoint.id == "log-in") return "{\"token\": \"wrong\"}";
  return {};
}

TEST_CASE("access: every endpoint lets in the roles of the table, and nobody else") {
  for (const Endpoint& endpoint : endpoints()) {
    if (endpoint.role == Role::Anyone) continue;
    for (const Role role : {Role::Anyone, Role::Viewer, Role::Operator, Role::Admin}) {
      CAPTURE(endpoint.id);
      CAPTURE(to_string(role));
      Guarded world;
      REQUIRE(world.guard->tokens().create("spare", Role::Viewer, {}, 1));
      REQUIRE(world.fleet->purge({}));
      const std::string secret = role == Role::Anyone ? "" : world.token(role);
      const std::string method(to_string(endpoint.method));
      const auto answer =
          role == Role::Anyone
              ? world.call(method, sample_target(endpoint), {}, sample_body(endpoint))
              : world.as(secret, method, sample_target(endpoint), sample_body(endpoint));
      if (role == Role::Anyone) {
        CHECK(answer.status() == 401);
        CHECK(answer.field("WWW-Authenticate").starts_with("Bearer realm="));
      } else if (role < endpoint.role) {
        CHECK(answer.status() == 403);
        CHECK(answer.field("WWW-Authenticate").find("insufficient_scope") != std::string::npos);
        CHECK(answer.body.find(to_string(endpoint.role)) != std::string::npos);
      } else {
        CHECK(answer.status() < 300);
      }
    }
  }
}

TEST_CASE("access: redirects, the page and what describes the API need no token") {
  Guarded world;
  CHECK(world.ask({.target = "/x", .host = "shop.example"}).status() == 302);
  for (const char* target : {"/", "/v1", "/v1/docs", "/v1/openapi.json", "/healthz"}) {
    CHECK(world.call("GET", target).status() == 200);
  }
}

TEST_CASE("access: a token is made, used, listed and deleted") {
  Guarded world;
  const std::string admin = world.token(Role::Admin);
  const auto made = world.as(admin, "POST", "/v1/tokens",
                             R"({"name": "ci", "role": "operator", "expires_in": "1h"})");
  REQUIRE(made.status() == 201);
  const std::string secret = Json::parse(made.body)["token"];
  CHECK(world.as(secret, "POST", "/v1/purge", "{\"everything\": true}").status() == 202);
  const Json tokens = Json::parse(world.as(admin, "GET", "/v1/tokens").body)["tokens"];
  REQUIRE(tokens.size() == 2);
  CHECK(tokens[1]["name"] == "ci");
  CHECK(tokens[1]["expires_s"] == tokens[1]["created_s"].get<uint64_t>() + 3600);
  CHECK(tokens[1]["last_used_s"] == world.guard->now_s());
  CHECK(tokens.dump().find(secret) == std::string::npos);
  for (const char* bad :
       {"", "[]", "{}", R"({"name": "x"})", R"({"role": "viewer"})",
        R"({"name": "x", "role": "anyone"})",
        R"({"name": "x", "role": "viewer", "expires_in": "soon"})",
        R"({"name": "x", "role": "viewer", "expires_in": "0s"})",
        R"({"name": "x", "role": "viewer", "more": "y"})", R"({"name": 1, "role": "viewer"})"}) {
    CAPTURE(bad);
    const std::string value = "Bearer " + admin;
    CHECK(world
              .call("POST", "/v1/tokens",
                    {{"Authorization", value}, {"Content-Type", "application/json"}},
                    std::string(bad))
              .status() == 400);
  }
  CHECK(world.as(admin, "POST", "/v1/tokens", R"({"name": "ci", "role": "viewer"})").status() ==
        409);
  CHECK(world.as(admin, "DELETE", "/v1/tokens/ci").status() == 200);
  CHECK(world.as(secret, "GET", "/v1/status").status() == 401);
  CHECK(world.as(admin, "DELETE", "/v1/tokens/ci").status() == 404);
}

TEST_CASE("access: a browser logs in with a cookie, and only pages of its own host change things") {
  Guarded world;
  const std::string secret = world.token(Role::Operator);
  CHECK(world.call("GET", "/v1/session").status() == 401);
  const http::Field own{"Origin", "http://127.0.0.1:8000"};
  const auto in = world.call("POST", "/v1/session", {own}, "{\"token\": \"" + secret + "\"}");
  REQUIRE(in.status() == 200);
  CHECK(in.field("Set-Cookie") ==
        "atoll_session=" + secret + "; Path=/; HttpOnly; SameSite=Strict");
  const auto over_tls = world.call(
      "POST", "/v1/session", {{"Origin", "https://127.0.0.1:8000"}, {"X-Forwarded-Proto", "https"}},
      "{\"token\": \"" + secret + "\"}");
  CHECK(over_tls.field("Set-Cookie").ends_with("; SameSite=Strict; Secure"));
  const std::string cookie = "atoll_session=" + secret;
  const http::Field shown{"Cookie", cookie};
  const Json session = Json::parse(world.call("GET", "/v1/session", {shown}).body);
  CHECK(session["token"] == "operator");
  CHECK(session["role"] == "operator");
  CHECK(session["via"] == "cookie");
  CHECK(session["authentication"] == "required");
  const auto purge = [&](std::vector<http::Field> fields) {
    return world.call("POST", "/v1/purge", std::move(fields), "{\"everything\": true}").status();
  };
  CHECK(purge({shown, own}) == 202);
  CHECK(purge({shown, {"Origin", "https://127.0.0.1:8000"}}) == 202);  // TLS ends before us
  CHECK(purge({shown}) == 403);
  CHECK(purge({shown, {"Origin", "http://evil.example"}}) == 403);
  CHECK(purge({shown, {"Origin", "null"}}) == 403);
  CHECK(purge({shown, {"Origin", "http://127.0.0.1:8001"}}) == 403);
  CHECK(world.fleet->last_purge() == 2);
  const auto out = world.call("DELETE", "/v1/session", {shown, own});
  CHECK(out.field("Set-Cookie").starts_with("atoll_session=; Max-Age=0; "));
  CHECK(world.call("POST", "/v1/session", {own}, "{\"token\": \"wrong\"}").status() == 401);
  CHECK(world.call("POST", "/v1/session", {own}, "{\"token\": \"a b\"}").status() == 400);
  // The cookie of a token that is gone does not keep anybody out of the login.
  REQUIRE(world.guard->tokens().remove("operator"));
  const std::string admin = world.token(Role::Admin);
  CHECK(
      world.call("POST", "/v1/session", {own, shown}, "{\"token\": \"" + admin + "\"}").status() ==
      200);
}

TEST_CASE(
    "access: with authentication off nobody is asked, and pages of others still change nothing") {
  World world;
  const Json session = Json::parse(world.ask({.target = "/v1/session"}).body);
  CHECK(session["authentication"] == "off");
  CHECK(session["role"] == "admin");
  CHECK(session["token"].is_null());
  const http::Field evil{"Origin", "http://evil.example"};
  CHECK(world.ask({.method = "DELETE", .target = "/v1/tokens/x", .fields = {&evil, &evil + 1}})
            .status() == 403);
  CHECK(world.ask({.method = "DELETE", .target = "/v1/tokens/x"}).status() == 404);
}

TEST_CASE("access: a live stream ends when its token does") {
  Guarded world;
  const std::string value = "Bearer " + world.token(Role::Viewer);
  const std::vector<http::Field> fields{{"Authorization", value}};
  FakeResponder responder;
  http::RequestHead head;
  head.method = "GET";
  head.target = head.path_and_query = "/v1/live";
  head.authority = "127.0.0.1:8000";
  head.fields = fields;
  const auto handler = world.door->on_request(head, responder);
  REQUIRE(handler);
  const auto seconds = [&](int count) {
    for (int i = 0; i < 4 * count; ++i) {
      world.clock.advance(250ms);
      world.live->tick();
    }
  };
  seconds(4);
  CHECK_FALSE(responder.finished);
  REQUIRE(world.guard->tokens().remove("viewer"));
  seconds(2);
  CHECK(responder.finished);
  CHECK(world.live->listeners() == 0);
}

TEST_CASE("audit: what was done, refused and tried is written down, reads are not") {
  Guarded world;
  const std::string viewer = world.token(Role::Viewer);
  const std::string op = world.token(Role::Operator);
  world.as(viewer, "GET", "/v1/status");
  world.as(viewer, "GET", "/v1/audit");
  CHECK(world.audit().empty());
  world.as(viewer, "POST", "/v1/purge", "{\"everything\": true}");
  world.as(op, "POST", "/v1/purge", "{\"tag\": \"news\", \"soft\": true}");
  world.as(op, "POST", "/v1/purge", "{\"url\": \"x\"}");
  for (int i = 0; i < 5; ++i) world.as("wrong", "POST", "/v1/purge", "{\"everything\": true}");
  const std::vector<Json> entries = world.audit();
  REQUIRE(entries.size() == 4);
  CHECK(entries[0]["reason"] == "there is no such token");
  CHECK(entries[0]["token"].is_null());
  CHECK(entries[1]["outcome"] == "refused");
  CHECK(entries[2]["outcome"] == "done");
  CHECK(entries[2]["subject"] == "soft tag news");
  CHECK(entries[2]["token"] == "operator");
  CHECK(entries[2]["client"] == "127.0.0.1");
  CHECK(entries[3]["status"] == 403);
  const std::string admin = world.token(Role::Admin);
  const Json read = Json::parse(world.as(admin, "GET", "/v1/audit?limit=2").body);
  CHECK(read["entries"].size() == 2);
  CHECK(read["entries"][0] == entries[0]);
  for (const char* bad : {"0", "1001", "x", "", "1x"}) {
    CAPTURE(bad);
    CHECK(world.as(admin, "GET", std::string("/v1/audit?limit=") + bad).status() == 400);
  }
}

}  // namespace
}  // namespace atl::control
