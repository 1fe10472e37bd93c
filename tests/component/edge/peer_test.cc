// Edges that ask one another: which one is asked, what goes along, what is kept; and how one
// answers.
#include <doctest/doctest.h>

#include "edge/peer/peer_service.h"
#include "tests/component/edge/lab.h"
#include "tests/unit/origin/fake_responder.h"

namespace atl::test {
namespace {

using origin::test::FakeResponder;
using origin::test::request_for;

constexpr std::string_view kFresh = "Cache-Control: max-age=60\r\n";

// This node is node "0" of "fra"; what it asks is at "peer:1" for everything it does not own.
std::shared_ptr<const edge::RouteTable> routes(bool sibling, bool shield) {
  edge::RouteConfig config;
  config.version = 7;
  config.origins = {{.id = "o", .endpoint = "origin:1", .source = "s"}};
  config.origin_groups = {{.id = "g", .origins = {"o"}, .failover_statuses = {}}};
  edge::BehaviourConfig uncached{.path_pattern = "/private/*", .origin_group = "g"};
  uncached.cache.enabled = false;
  config.distributions = {{.id = "d",
                           .hosts = {"*"},
                           .behaviours = {uncached, {.path_pattern = "*", .origin_group = "g"}}}};
  edge::PopConfig fra{.id = "fra", .shield = shield ? "sin" : "", .nodes = {}};
  // Without ourselves in it, everything is the other one's.
  if (sibling) fra.nodes = {{"1", "sibling:1"}};
  config.pops = {fra, {.id = "sin", .shield = {}, .nodes = {{"0", "shield:1"}}}};
  return *edge::RouteTable::build(std::move(config));
}

struct Bench2 {
  Bench2(bool sibling, bool shield) : table(routes(sibling, shield)) {
    lab.bench.frontend->set_routes(table);
  }
  std::string asked(size_t index) const { return lab.origin.call(index)->endpoint; }

  Lab lab;
  std::shared_ptr<const edge::RouteTable> table;
};

TEST_CASE("peers: sibling, then shield, then origin, each only if the one before cannot be asked") {
  Bench2 b(true, true);
  const auto client = b.lab.bench.ask("/a");
  REQUIRE(b.lab.origin.opened() == 1);
  CHECK(b.asked(0) == "sibling:1");
  CHECK_FALSE(b.lab.origin.call(0)->has("CDN-Loop"));  // the PoP is one, however many nodes it has
  b.lab.origin.call(0)->fail(rpc::FailureReason::OriginUnreachable, false);
  b.lab.bench.settle();
  REQUIRE(b.lab.origin.opened() == 2);
  CHECK(b.asked(1) == "shield:1");
  CHECK(b.lab.origin.call(1)->has("CDN-Loop: atoll-fra\r\n"));
  b.lab.origin.call(1)->fail(rpc::FailureReason::Overloaded, false, "draining");
  b.lab.bench.settle();
  REQUIRE(b.lab.origin.opened() == 3);
  CHECK(b.asked(2) == "origin:1");
  b.lab.origin.call(2)->answer(200, kFresh, "here");
  b.lab.bench.settle();
  CHECK(client->body() == "here");
}

TEST_CASE("peers: what a peer answers is final, and says nothing against it") {
  Bench2 b(false, true);
  b.lab.origin.on_open = [](const FakeCallPtr& call) { call->answer(503, "", "no"); };
  for (int i = 0; i < 30; ++i) CHECK(b.lab.bench.ask("/a")->status() == 503);
  CHECK(b.lab.origin.opened() == 30);
  for (const FakeCallPtr& call : b.lab.origin.calls()) CHECK(call->endpoint == "shield:1");
}

TEST_CASE("peers: one that refuses because it is behind is asked again next time") {
  Bench2 b(false, true);
  b.lab.origin.on_open = [](const FakeCallPtr& call) {
    if (call->endpoint == "origin:1") return call->answer(404, "", "no");
    call->fail(rpc::FailureReason::Overloaded, false, "behind");
  };
  for (int i = 0; i < 40; ++i) CHECK(b.lab.bench.ask("/" + std::to_string(i))->status() == 404);
  CHECK(b.lab.origin.opened() == 80);
}

TEST_CASE("peers: an unsafe request whose outcome at the peer is unknown is not made again") {
  Bench2 b(true, false);
  const auto client = b.lab.bench.ask_for({.path = "/a", .method = "POST"});
  CHECK(b.asked(0) == "sibling:1");  // so that it forgets what the request changes
  b.lab.origin.call(0)->fail(rpc::FailureReason::OriginUnreachable, true);
  b.lab.bench.settle();
  CHECK(b.lab.origin.opened() == 1);
  CHECK(client->status() == 502);
}

TEST_CASE("peers: behaviours that do not cache, and HEAD at siblings, go to the origin") {
  Bench2 b(true, false);
  b.lab.bench.ask("/private/a");
  b.lab.bench.ask_for({.path = "/a", .method = "HEAD"});
  CHECK(b.asked(0) == "origin:1");
  CHECK(b.asked(1) == "origin:1");
}

TEST_CASE("peers: a copy of what a sibling has is kept when it is asked for a third time") {
  Bench2 b(true, false);
  b.lab.origin.on_open = [](const FakeCallPtr& call) { call->answer(200, kFresh, "theirs"); };
  for (int i = 0; i < 2; ++i) {
    const auto client = b.lab.bench.ask("/a");
    CHECK(client->body() == "theirs");
    CHECK_FALSE(client->has("stored"));
    CHECK(b.lab.shared.store.statistics().objects == 0);
  }
  CHECK(b.lab.bench.ask("/a")->has("stored"));
  CHECK(b.lab.bench.ask("/a")->has("hit"));
  CHECK(b.lab.origin.opened() == 3);
}

TEST_CASE("peers: those who wait for what is only passing through get it too") {
  Bench2 b(true, false);
  const auto first = b.lab.bench.ask("/a");
  const auto second = b.lab.bench.ask("/a");
  REQUIRE(b.lab.origin.opened() == 1);
  b.lab.origin.call(0)->answer(200, kFresh, "theirs");
  b.lab.bench.settle();
  CHECK(first->body() == "theirs");
  CHECK(second->body() == "theirs");
  CHECK(b.lab.origin.opened() == 1);
}

// The answering side: this edge's service, asked by a fake other end.
struct Service {
  explicit Service(bool sibling = false) : b(sibling, false) {
    door = std::make_unique<edge::PeerDoor>(b.lab.bench.loop, *b.lab.bench.frontend);
    service = std::make_unique<edge::PeerService>(std::vector<edge::PeerDoor*>{door.get()},
                                                  b.lab.shared.purges);
    service->set_version(7);
  }
  ~Service() {
    service = nullptr;
    door = nullptr;
  }
  std::shared_ptr<rpc::OriginRequest> request(std::string method, std::string target,
                                              std::string fields = {}) {
    auto made = request_for(std::move(method), std::move(target), std::move(fields));
    made->source = "peer";
    made->client_address = "192.0.2.1";
    return made;
  }
  void open(std::shared_ptr<rpc::OriginRequest> what) {
    out = std::make_shared<FakeResponder>();
    handler = service->open(std::move(what), out);
    b.lab.bench.settle();
  }

  Bench2 b;
  std::unique_ptr<edge::PeerDoor> door;
  std::unique_ptr<edge::PeerService> service;
  std::shared_ptr<FakeResponder> out;
  std::shared_ptr<rpc::ExchangeHandler> handler;
};

TEST_CASE("peer service: a miss is fetched, never from a sibling; then it is a hit, with its age") {
  Service s(true);
  s.open(s.request("GET", "/a", "X-Own: 1\r\n"));
  REQUIRE(s.b.lab.origin.opened() == 1);
  CHECK(s.b.asked(0) == "origin:1");
  CHECK(s.b.lab.origin.call(0)->has("X-Own: 1\r\n"));
  CHECK(s.b.lab.origin.call(0)->client_address == "192.0.2.1");
  CHECK(s.out->sent);
  s.b.lab.origin.call(0)->answer(200, kFresh, "hello");
  s.b.lab.bench.settle();
  CHECK(s.out->response.status == 200);
  CHECK(s.out->body == "hello");
  CHECK(s.out->trailers.has_value());
  s.open(s.request("GET", "/a"));
  CHECK(s.out->body == "hello");
  CHECK(s.out->response.body_length == 5);
  CHECK(s.out->response.fields.find("Age: 0\r\nCache-Status: atoll-fra; hit") != std::string::npos);
  CHECK(s.out->last_calls == 1);
  CHECK(s.door->size() == 0);
  CHECK(s.b.lab.bench.counters.peer_requests.get() == 2);
}

TEST_CASE("peer service: who is not ready or behind refuses before it has looked at the request") {
  Service s;
  const auto refused = [&](std::shared_ptr<rpc::OriginRequest> what) {
    s.open(std::move(what));
    REQUIRE(s.out->failure);
    CHECK_FALSE(s.out->failure->request_seen);
    CHECK_FALSE(s.out->sent);
    return s.out->failure->reason;
  };
  auto behind = s.request("GET", "/a");
  behind->purge = 3;
  CHECK(refused(behind) == rpc::FailureReason::Overloaded);
  edge::PurgeMarks::raise(s.b.lab.shared.purges.done, 3);
  auto newer = s.request("GET", "/a");
  newer->configuration = 8;
  CHECK(refused(newer) == rpc::FailureReason::Overloaded);
  s.service->set_draining(true);
  CHECK(refused(s.request("GET", "/a")) == rpc::FailureReason::Overloaded);
  CHECK_FALSE(s.service->describe()[0].ready);
  s.service->set_draining(false);
  auto other = s.request("GET", "/a");
  other->source = "site";
  CHECK(refused(other) == rpc::FailureReason::UnknownSource);
  s.open(behind);
  CHECK(s.b.lab.origin.opened() == 1);
}

TEST_CASE("peer service: a request that has been through this PoP before is refused") {
  Service s;
  s.open(s.request("GET", "/a", "CDN-Loop: atoll-sin, atoll-fra\r\n"));
  CHECK(s.out->response.status == 508);
  CHECK(s.b.lab.origin.opened() == 0);
}

TEST_CASE("peer service: a large stored body goes out as it is taken, in pieces") {
  Service s;
  const std::string body(900'000, 'x');
  s.b.lab.origin.on_open = [&](const FakeCallPtr& call) { call->answer(200, kFresh, body); };
  s.open(s.request("GET", "/a"));
  CHECK(s.out->body == body);
  auto slow = std::make_shared<FakeResponder>();
  slow->capacity = 1;
  s.out = slow;
  s.handler = s.service->open(s.request("GET", "/a"), slow);
  s.b.lab.bench.settle();
  CHECK(slow->largest <= 256 * 1024);
  CHECK(slow->written < body.size());
  for (int i = 0; i < 8 && slow->last_calls == 0; ++i) {
    s.handler->on_writable();
    s.b.lab.bench.settle();
  }
  CHECK(slow->body == body);
  CHECK(slow->last_calls == 1);
}

TEST_CASE("peer service: an answer without a body says how long it would be") {
  Service s;
  s.b.lab.origin.on_open = [](const FakeCallPtr& call) {
    call->answer(200, "Cache-Control: max-age=60\r\nETag: \"1\"\r\n", "hello");
  };
  s.open(s.request("GET", "/a"));
  s.open(s.request("HEAD", "/a"));
  CHECK(s.out->response.body_length == 0);
  CHECK(s.out->response.fields.find("Content-Length: 5\r\n") != std::string::npos);
  CHECK(s.out->body.empty());
  s.open(s.request("GET", "/a", "If-None-Match: \"1\"\r\n"));
  CHECK(s.out->response.status == 304);
  CHECK(s.out->response.body_length == 0);
  CHECK(s.out->last_calls == 1);
}

// A behaviour with every rule that is applied once, at the edge that the client came to.
std::shared_ptr<const edge::RouteTable> ruled_routes() {
  edge::RouteConfig config;
  config.version = 7;
  config.origins = {{.id = "o", .endpoint = "origin:1", .source = "s"}};
  config.origin_groups = {{.id = "g", .origins = {"o"}, .failover_statuses = {}}};
  config.signing_keys = {{"k", std::string(32, 's')}};
  edge::BehaviourConfig ruled{.path_pattern = "*", .origin_group = "g"};
  ruled.signing_keys = {"k"};
  ruled.viewer_protocol = edge::ViewerProtocol::HttpsOnly;
  ruled.response_headers = {{"X-Inner"}, {{"Cache-Control", "max-age=1"}}};
  ruled.compression = {.codings = {policy::Coding::Gzip},
                       .types = policy::NameList({"text/plain"}),
                       .min_bytes = 100,
                       .max_bytes = 1 << 20};
  config.distributions = {
      {.id = "d",
       .hosts = {"*"},
       .behaviours = {ruled},
       .error_pages = {{.statuses = {404}, .path = "/404", .response_status = 404, .ttl = {}}}}};
  return *edge::RouteTable::build(std::move(config));
}

TEST_CASE("peer service: another edge is told what the origin said, and applies the rules itself") {
  Service s;
  const auto table = ruled_routes();
  s.b.lab.bench.frontend->set_routes(table);
  const std::string body(5'000, 'a');
  s.b.lab.origin.on_open = [&](const FakeCallPtr& call) {
    if (call->target == "/gone") return call->answer(404, "Cache-Control: max-age=60\r\n", "gone");
    call->answer(200,
                 "Cache-Control: max-age=60\r\nETag: \"1\"\r\nSurrogate-Key: a b\r\nX-Inner: 1\r\n"
                 "Content-Type: text/plain\r\n",
                 body);
  };
  // Neither a signature nor https, for the edge that asks has looked at both.
  for (const char* state : {"fetched", "stored"}) {
    CAPTURE(state);
    s.open(s.request("GET", "/a"));
    CHECK(s.out->response.status == 200);
    const std::string& fields = s.out->response.fields;
    CHECK(s.out->body == body);
    CHECK(fields.find("Cache-Control: max-age=60\r\n") != std::string::npos);
    CHECK(fields.find("Surrogate-Key: a b\r\n") != std::string::npos);
    CHECK(fields.find("X-Inner: 1\r\n") != std::string::npos);
    CHECK(fields.find("ETag: \"1\"\r\n") != std::string::npos);
    CHECK(fields.find("\r\n:") == std::string::npos);
  }
  CHECK(s.b.lab.origin.opened() == 1);
  // The coding is the body's, so it stays.
  for (const char* state : {"fetched", "stored"}) {
    CAPTURE(state);
    s.open(s.request("GET", "/a", "Accept-Encoding: gzip\r\n"));
    const std::string& fields = s.out->response.fields;
    CHECK(s.out->body.size() < body.size());
    CHECK(fields.find("Content-Encoding: gzip\r\n") != std::string::npos);
    CHECK(fields.find("Vary: Accept-Encoding\r\n") != std::string::npos);
    CHECK(fields.find("ETag: W/\"1\"\r\n") != std::string::npos);
    CHECK(fields.find("ETag: \"1\"\r\n") == std::string::npos);
    CHECK(fields.find("Cache-Control: max-age=60\r\n") != std::string::npos);
    CHECK(fields.find("Surrogate-Key: a b\r\n") != std::string::npos);
  }
  // An error is passed on as it is: the page is the other edge's affair.
  s.open(s.request("GET", "/gone"));
  CHECK(s.out->response.status == 404);
  CHECK(s.out->body == "gone");
  // A client gets none of that.
  const auto client = s.b.lab.bench.ask("/a");
  CHECK(client->status() == 403);
}

TEST_CASE("peer service: where a client is, is what the edge says that it came to") {
  Service s;
  edge::RouteConfig config;
  config.version = 7;
  config.origins = {{.id = "o", .endpoint = "origin:1", .source = "s"}};
  config.origin_groups = {{.id = "g", .origins = {"o"}, .failover_statuses = {}}};
  edge::BehaviourConfig placed{.path_pattern = "*", .origin_group = "g"};
  placed.viewer_place = policy::PlaceLevel::Country;
  config.distributions = {{.id = "d", .hosts = {"*"}, .behaviours = {placed}}};
  s.b.lab.bench.frontend->set_routes(*edge::RouteTable::build(std::move(config)));
  int answered = 0;
  s.b.lab.origin.on_open = [&](const FakeCallPtr& call) {
    call->answer(200, kFresh, std::to_string(++answered));
  };
  for (const char* body : {"1", "1"}) {
    s.open(s.request("GET", "/a", "CloudFront-Viewer-Country: DE\r\n"));
    CHECK(s.out->body == body);
  }
  CHECK(s.b.lab.origin.call(0)->has("CloudFront-Viewer-Country: DE\r\n"));
  s.open(s.request("GET", "/a", "CloudFront-Viewer-Country: FR\r\n"));
  CHECK(s.out->body == "2");
  // A client is not believed, and this node has no database.
  const auto client = s.b.lab.bench.ask("/a", {{"CloudFront-Viewer-Country", "DE"}});
  CHECK(client->body() == "3");
  CHECK_FALSE(s.b.lab.origin.call(2)->has("CloudFront"));
}

TEST_CASE("peer service: a request body is asked for piece by piece") {
  Service s;
  auto upload = s.request("PUT", "/a");
  upload->body_length = 6;
  s.open(upload);
  CHECK(s.out->body_reads == 1);
  s.handler->on_body("abc");
  s.b.lab.bench.settle();
  CHECK(s.out->body_reads == 2);
  s.handler->on_body("def");
  s.handler->on_body_end({});
  s.b.lab.bench.settle();
  CHECK(s.b.lab.origin.call(0)->request_body() == "abcdef");
  s.b.lab.origin.call(0)->answer(204, "");
  s.b.lab.bench.settle();
  CHECK(s.out->response.status == 204);
}

TEST_CASE("peer service: cancelled or cut off by the end of the node, an exchange ends once") {
  Service s;
  SUBCASE("cancelled") {
    s.open(s.request("POST", "/a"));
    s.handler->on_cancel();
    s.b.lab.bench.settle();
    CHECK(s.b.lab.origin.call(0)->cancelled());
    s.handler->on_cancel();
    s.handler->on_writable();
    s.b.lab.bench.settle();
    CHECK(s.out->last_calls == 0);
  }
  SUBCASE("the node ends") {
    s.open(s.request("GET", "/a"));
    s.door = nullptr;
    CHECK(s.out->failure->reason == rpc::FailureReason::Reset);
    CHECK(s.out->last_calls == 1);
  }
  SUBCASE("the origin breaks off") {
    s.open(s.request("GET", "/a"));
    s.b.lab.origin.call(0)->head(200, kFresh, 10);
    s.b.lab.origin.call(0)->body("01234");
    s.b.lab.bench.settle();
    s.b.lab.origin.call(0)->fail(rpc::FailureReason::Reset, true);
    s.b.lab.bench.settle();
    CHECK(s.out->body == "01234");
    CHECK(s.out->failure);
    CHECK(s.out->last_calls == 1);
  }
}

}  // namespace
}  // namespace atl::test
