#include "edge/fetch/upstream_request.h"

#include <doctest/doctest.h>

#include "edge/fetch/response_head.h"

namespace atl::edge {
namespace {

const Identity kIdentity = Identity::of("fra", "0");
constexpr std::string_view kOwn = "Via: 1.1 atoll-fra\r\nCDN-Loop: atoll-fra\r\n";

std::string built(std::vector<http::Field> fields, FetchMode mode = FetchMode::Fill,
                  const cache::Conditional& conditional = {}) {
  http::RequestHead head;
  head.version_minor = 1;
  head.fields = fields;
  const UpstreamRequest request(head, "");
  const std::string text = build_upstream_fields(request, mode, conditional, {}, kIdentity);
  REQUIRE(text.ends_with(kOwn));
  return text.substr(0, text.size() - kOwn.size());
}

TEST_CASE("upstream fields: what concerns one connection stays on it") {
  for (const char* name : {"Connection", "Keep-Alive", "Proxy-Connection", "TE",
                           "Transfer-Encoding", "Upgrade", "Host", "Expect", "Content-Length"}) {
    CAPTURE(name);
    CHECK(built({{name, "x"}}).empty());
  }
  CHECK(built({{"Connection", "A, close"}, {"a", "1"}, {"B", "2"}}) == "B: 2\r\n");
  CHECK(built({{"Connection", "A"}, {"Connection", "b"}, {"a", "1"}, {"B", "2"}}).empty());
}

TEST_CASE("upstream fields: order, spelling and repetition are kept") {
  CHECK(built({{"X-b", "1"}, {"x-A", "2"}, {"X-b", "3"}}) == "X-b: 1\r\nx-A: 2\r\nX-b: 3\r\n");
}

TEST_CASE("upstream fields: a fill has the cache's conditions, a verbatim request the client's") {
  const std::vector<http::Field> client = {
      {"If-None-Match", "\"c\""},
      {"If-Modified-Since", "x"},
      {"Range", "bytes=0-"},
      {"If-Range", "\"c\""},
      {"Cookie", "k"},
  };
  const cache::Conditional own{"\"s\"", "date"};
  CHECK(built(client, FetchMode::Fill, own) ==
        "Cookie: k\r\nIf-None-Match: \"s\"\r\nIf-Modified-Since: date\r\n");
  CHECK(built(client, FetchMode::Verbatim, own) ==
        "If-None-Match: \"c\"\r\nIf-Modified-Since: x\r\nRange: bytes=0-\r\nIf-Range: \"c\"\r\n"
        "Cookie: k\r\n");
}

TEST_CASE("upstream fields: Max-Forwards is one less with every hop") {
  CHECK(built({{"Max-Forwards", "5"}}) == "Max-Forwards: 4\r\n");
  CHECK(built({{"Max-Forwards", "0"}}) == "Max-Forwards: 0\r\n");
  CHECK(built({{"Max-Forwards", "many"}}) == "Max-Forwards: many\r\n");
}

TEST_CASE("upstream fields: Via has the version that the request came in") {
  http::RequestHead head;
  const auto via = [&](uint8_t minor) {
    head.version_minor = minor;
    return build_upstream_fields(UpstreamRequest(head, ""), FetchMode::Fill, {}, {}, kIdentity);
  };
  CHECK(via(0).starts_with("Via: 1.0 atoll-fra\r\n"));
  CHECK(via(1).starts_with("Via: 1.1 atoll-fra\r\n"));
}

TEST_CASE("upstream request: outlives what it was made of") {
  std::unique_ptr<UpstreamRequest> request;
  {
    const std::string name = "X-Long-Enough-To-Be-On-The-Heap";
    const std::string value(100, 'v');
    const std::vector<http::Field> fields = {{name, value}};
    http::RequestHead head;
    const std::string path = "/path?query";
    head.method = "PUT";
    head.target = "http://h/path?query";
    head.path_and_query = path;
    head.authority = "h";
    head.scheme = "http";
    head.fields = fields;
    head.chunked = true;
    request = std::make_unique<UpstreamRequest>(head, std::string("192.0.2.1"));
  }
  CHECK(request->target() == "/path?query");
  CHECK(request->view().method == "PUT");
  CHECK(request->fields()[0].name == "X-Long-Enough-To-Be-On-The-Heap");
  CHECK(request->fields()[0].value == std::string(100, 'v'));
  CHECK(request->client_address() == "192.0.2.1");
  CHECK_FALSE(request->body_length());
  CHECK(request->has_body());
}

TEST_CASE("upstream request: the node's limit bounds the behaviour's") {
  Behaviour behaviour;
  CHECK(cache_policy(behaviour, 100).max_object_bytes == 100);
  behaviour.cache.max_object_bytes = 50;
  CHECK(cache_policy(behaviour, 100).max_object_bytes == 50);
  behaviour.cache.max_object_bytes = 500;
  CHECK(cache_policy(behaviour, 100).max_object_bytes == 100);
}

TEST_CASE("failures: every reason has a status and a token of its own") {
  std::vector<std::string_view> tokens;
  for (int i = 0; i <= static_cast<int>(rpc::FailureReason::Cancelled); ++i) {
    const auto reason = static_cast<rpc::FailureReason>(i);
    const UpstreamFailure failure = describe_failure({reason, false, "why"});
    CHECK(failure.status >= 502);
    CHECK(failure.status <= 504);
    CHECK(failure.detail == "why");
    CHECK(std::find(tokens.begin(), tokens.end(), failure.token) == tokens.end());
    tokens.push_back(failure.token);
  }
}

}  // namespace
}  // namespace atl::edge
