// What is stored compressed, and what is said of it (docs/cache-policy.md).
#include <doctest/doctest.h>

#include "tests/component/edge/policy_lab.h"

namespace atl::test {
namespace {

using policy::NameList;

edge::RouteConfig config_with_compression() {
  edge::RouteConfig config = config_with({});
  policy::CompressionPolicy& compression = config.distributions[0].behaviours[0].compression;
  compression.codings = {policy::Coding::Brotli, policy::Coding::Gzip};
  compression.types = NameList({"text/*"});
  compression.min_bytes = 100;
  return config;
}

// A lab whose origin has one page of 10,000 bytes.
struct CompressionLab : PolicyLab {
  explicit CompressionLab(std::string lines) : PolicyLab(config_with_compression()) {
    origin.on_open = [this, lines = std::move(lines)](const FakeCallPtr& call) {
      ++answered;
      call->answer(200, lines, page);
    };
  }
  std::string page = std::string(10'000, 'p');
};

constexpr std::string_view kPage =
    "Cache-Control: max-age=60\r\nContent-Type: text/html\r\nETag: \"v\"\r\nContent-Digest: x\r\n";

TEST_CASE("compression: stored once for each coding, whatever clients write") {
  CompressionLab lab{std::string(kPage)};
  struct Row {
    const char* accepts;
    const char* coding;  // null: none
    const char* cache;
  };
  for (const Row& row : {
           Row{"gzip, deflate, br", "br", "fwd=miss"},
           Row{"br", "br", "; hit"},
           Row{"zstd;q=0.9, br;q=1.0, *;q=0.1", "br", "; hit"},
           Row{"gzip", "gzip", "fwd="},
           Row{"deflate, x-gzip", "gzip", "; hit"},
           Row{"identity", nullptr, "fwd="},
           Row{"deflate", nullptr, "; hit"},
       }) {
    CAPTURE(row.accepts);
    const auto answer = lab.bench.ask("/p", {{"Accept-Encoding", row.accepts}});
    CHECK(answer->done());
    CHECK(answer->has(row.cache));
    CHECK(answer->has("Vary: Accept-Encoding\r\n"));
    if (row.coding == nullptr) {
      CHECK(answer->body() == lab.page);
      CHECK(answer->has("\r\nETag: \"v\"\r\n"));
      CHECK_FALSE(answer->has("Content-Encoding"));
      continue;
    }
    CHECK(answer->has("Content-Encoding: " + std::string(row.coding) + "\r\n"));
    CHECK(answer->has("\r\nETag: W/\"v\"\r\n"));
    CHECK_FALSE(answer->has("\r\nETag: \"v\"\r\n"));
    CHECK_FALSE(answer->has("Content-Digest"));
    CHECK(answer->received() < 200);
  }
  CHECK(lab.answered == 3);
  // One purge takes them all.
  CHECK(lab.purge({edge::PurgeSpec::Kind::Url, "http://www.example.org/p", false}) == 3);
}

TEST_CASE("compression: what must be left alone is, and everybody shares it") {
  struct Row {
    const char* lines;
    size_t size;
  };
  for (const Row& row : {
           Row{"Cache-Control: max-age=60\r\nContent-Type: image/png\r\n", 10'000},
           Row{"Cache-Control: max-age=60, no-transform\r\nContent-Type: text/html\r\n", 10'000},
           Row{"Cache-Control: max-age=60\r\nContent-Type: text/html\r\n", 99},
           Row{"Cache-Control: max-age=60\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n",
               10'000},
       }) {
    CAPTURE(row.lines);
    CompressionLab lab{row.lines};
    lab.page.resize(row.size);
    for (const char* accepts : {"br", "gzip", "identity"}) {
      const auto answer = lab.bench.ask("/p", {{"Accept-Encoding", accepts}});
      CHECK(answer->body() == lab.page);
      CHECK_FALSE(answer->has("Content-Encoding: br"));
      CHECK_FALSE(answer->has("Vary:"));
    }
    CHECK(lab.answered == 1);
  }
}

TEST_CASE("compression: what is not stored is passed on as it came") {
  CompressionLab lab{"Cache-Control: private\r\nContent-Type: text/html\r\n"};
  for (int i = 0; i < 2; ++i) {
    const auto answer = lab.bench.ask("/p", {{"Accept-Encoding", "br"}});
    CHECK(answer->body() == lab.page);
    CHECK_FALSE(answer->has("Content-Encoding"));
  }
}

TEST_CASE("compression: conditions and ranges are those of the stored variant") {
  CompressionLab lab{std::string(kPage)};
  const std::string whole = lab.bench.ask("/p", {{"Accept-Encoding", "br"}})->body();
  const auto ask = [&](FieldList fields) {
    fields.push_back({"Accept-Encoding", "br"});
    return lab.bench.ask("/p", std::move(fields));
  };
  for (const char* tag : {"W/\"v\"", "\"v\"", "\"x\", W/\"v\""}) {
    const auto same = ask({{"If-None-Match", tag}});
    CHECK(same->status() == 304);
    CHECK(same->has("ETag: W/\"v\"\r\n"));
    CHECK(same->has("Vary: Accept-Encoding\r\n"));
  }
  const auto part = ask({{"Range", "bytes=1-3"}});
  CHECK(part->status() == 206);
  CHECK(part->body() == whole.substr(1, 3));
  CHECK(part->has("Content-Encoding: br\r\n"));
  CHECK(part->has("Content-Range: bytes 1-3/" + std::to_string(whole.size()) + "\r\n"));
  // A weak tag cannot promise the same bytes (RFC 9110 section 13.1.5).
  for (const char* tag : {"W/\"v\"", "\"v\""}) {
    const auto all = ask({{"Range", "bytes=1-3"}, {"If-Range", tag}});
    CHECK(all->status() == 200);
    CHECK(all->body() == whole);
  }
  // A range of what is not here yet: the whole, because its length is not known.
  const auto first = lab.bench.ask("/q", {{"Accept-Encoding", "br"}, {"Range", "bytes=1-3"}});
  CHECK(first->status() == 200);
  CHECK(first->body() == whole);
}

TEST_CASE("compression: revalidation asks by the origin's own tag and keeps the variant") {
  CompressionLab lab{
      "Cache-Control: no-cache\r\nContent-Type: text/html\r\nETag: \"v\"\r\nVary: Origin\r\n"};
  const std::string whole = lab.bench.ask("/p", {{"Accept-Encoding", "br"}})->body();
  lab.origin.on_open = [](const FakeCallPtr& call) {
    CHECK(call->has("If-None-Match: \"v\"\r\n"));
    call->answer(304, "Cache-Control: max-age=60\r\nETag: \"v\"\r\nVary: Origin\r\n");
  };
  for (const char* how : {"fwd=stale; fwd-status=304", "; hit; ttl=60"}) {
    const auto answer = lab.bench.ask("/p", {{"Accept-Encoding", "br"}});
    CHECK(answer->has(how));
    CHECK(answer->body() == whole);
    CHECK(answer->has("Content-Encoding: br\r\n"));
    CHECK(answer->has("\r\nETag: W/\"v\"\r\n"));
    CHECK_FALSE(answer->has("\r\nETag: \"v\"\r\n"));
    CHECK(answer->has("Vary: Accept-Encoding\r\n"));
  }
}

TEST_CASE("compression: a body that breaks off is neither stored nor finished") {
  CompressionLab lab{std::string(kPage)};
  lab.origin.on_open = [&](const FakeCallPtr& call) {
    call->head(200, kPage, 10'000);
    call->body(std::string(5'000, 'p'));
    call->fail(rpc::FailureReason::Reset, true);
  };
  const auto answer = lab.bench.ask("/p", {{"Accept-Encoding", "br"}});
  CHECK_FALSE(answer->done());
  CHECK(lab.bench.counters.stored.get() == 0);
  CHECK(lab.shared.budget.used() == 0);
}

TEST_CASE("compression: without memory for it an answer is passed on and not stored") {
  Lab lab(1 << 20, 1 << 20);  // keeps less than one encoder takes
  lab.bench.frontend->set_routes(*edge::RouteTable::build(config_with_compression()));
  lab.origin.on_open = [](const FakeCallPtr& call) {
    call->answer(200, kPage, std::string(10'000, 'p'));
  };
  for (int i = 0; i < 2; ++i) {
    const auto answer = lab.bench.ask("/p", {{"Accept-Encoding", "br"}});
    CHECK(answer->body() == std::string(10'000, 'p'));
    CHECK(answer->has("detail=no-room"));
  }
  const auto plain = lab.bench.ask("/p");
  CHECK(plain->has("; stored"));
}

}  // namespace
}  // namespace atl::test
