// Ranges of what is not stored, or only in parts: what is fetched, what is kept, what is said of
// it.
#include <doctest/doctest.h>

#include "edge/purge.h"
#include "tests/component/edge/lab.h"
#include "tests/component/edge/range_origin.h"

namespace atl::test {
namespace {

constexpr uint64_t kBlock = 100;

// Blocks of 100 bytes, a representation of 1050, no object above 10,000 bytes.
struct PartLab : Lab {
  PartLab() : Lab(10'000, 64 << 20, kBlock) {
    site.body = random_bytes(1050, 1);
    lab_origin().on_open = [this](const FakeCallPtr& call) { site.answer(call); };
  }
  FakeOrigin& lab_origin() { return origin; }
  std::shared_ptr<Client> range(const std::string& bytes, FieldList more = {}) {
    more.push_back({"Range", "bytes=" + bytes});
    return bench.ask("/a", std::move(more));
  }
  // What the exchanges since the last call asked for.
  std::string asked() {
    std::string out;
    for (const auto& calls = origin.calls(); seen < calls.size(); ++seen) {
      if (!out.empty()) out += ", ";
      const std::string range = field_in(calls[seen]->fields, "Range");
      out += range.empty() ? "whole" : range.substr(6);
    }
    return out;
  }
  std::string bytes(size_t first, size_t last) const {
    return site.body.substr(first, last - first + 1);
  }

  RangeOrigin site;
  size_t seen = 0;
};

TEST_CASE("parts: a range miss fetches the block around it, and the next one there is a hit") {
  PartLab lab;
  const auto miss = lab.range("250-259");
  CHECK(lab.asked() == "200-299");
  CHECK(miss->status() == 206);
  CHECK(miss->body() == lab.bytes(250, 259));
  CHECK(miss->has("Content-Range: bytes 250-259/1050\r\n"));
  CHECK(miss->has("ETag: \"v1\"\r\n"));
  CHECK(miss->has("Cache-Status: atoll-fra; fwd=miss; fwd-status=206; ttl=60; stored\r\n"));
  CHECK_FALSE(miss->has("Age:"));
  CHECK(miss->framing().length == 10);

  const auto hit = lab.range("200-299");
  CHECK(lab.asked().empty());
  CHECK(hit->body() == lab.bytes(200, 299));
  CHECK(hit->has("Age: 0\r\nCache-Status: atoll-fra; hit; ttl=60\r\n"));
  CHECK(lab.bench.counters.hits.get() == 1);
  CHECK(lab.bench.counters.misses.get() == 1);
}

TEST_CASE("parts: of a range over several blocks only what is missing is fetched") {
  PartLab lab;
  lab.range("250-259");
  lab.asked();
  const auto client = lab.range("150-450");
  CHECK(lab.asked() == "100-199, 300-399, 400-499");
  CHECK(client->status() == 206);
  CHECK(client->body() == lab.bytes(150, 450));
  CHECK(client->has("Cache-Status: atoll-fra; fwd=partial; fwd-status=206; ttl=60; stored\r\n"));
  CHECK(lab.origin.call(1)->has("If-Range: \"v1\"\r\n"));
  CHECK(lab.range("100-499")->has("; hit;"));
}

TEST_CASE("parts: they are completed for who wants all, and then stored as one response") {
  PartLab lab;
  lab.range("0-9");
  lab.range("-50");
  lab.asked();
  const auto whole = lab.bench.ask("/a");
  CHECK(whole->status() == 200);
  CHECK(whole->body() == lab.site.body);
  CHECK_FALSE(whole->has("Content-Range"));
  CHECK(whole->has("; fwd=partial; fwd-status=206; ttl=60; stored\r\n"));
  CHECK(lab.asked().starts_with("100-199, 200-299"));
  CHECK(lab.shared.store.statistics().objects == 1);
  CHECK(lab.bench.ask("/a")->has("; hit;"));
  CHECK(lab.range("5-1049")->body() == lab.bytes(5, 1049));
  CHECK(lab.asked().empty());
}

TEST_CASE("parts: a suffix, an open range and several ranges") {
  PartLab lab;
  CHECK(lab.range("-20")->body() == lab.bytes(1030, 1049));
  CHECK(lab.asked() == "-20");
  CHECK(lab.range("900-")->body() == lab.bytes(900, 1049));
  CHECK(lab.asked() == "900-999, 1000-1029");
  const auto several = lab.range("100-101,950-951,310-311");
  CHECK(lab.asked() == "100-199, 300-399");
  CHECK(several->status() == 206);
  CHECK(several->has("Content-Type: multipart/byteranges; boundary="));
  CHECK(several->framing().length == several->body().size());
  for (const size_t first : {100, 950, 310}) {
    CHECK(several->body().find("bytes " + std::to_string(first) + "-" + std::to_string(first + 1) +
                               "/1050\r\n\r\n" + lab.bytes(first, first + 1)) != std::string::npos);
  }
  CHECK(lab.range("100-101,950-951,310-311")->has("; hit;"));
}

TEST_CASE("parts: a range beyond the end is answered 416 and forgets nothing") {
  PartLab lab;
  const auto unknown = lab.range("5000-");
  CHECK(unknown->status() == 416);
  CHECK(unknown->has("Content-Range: bytes */1050\r\n"));
  lab.range("0-9");
  lab.asked();
  const auto known = lab.range("1050-");
  CHECK(known->status() == 416);
  CHECK(known->has("Content-Range: bytes */1050\r\n"));
  CHECK(known->has("; hit;"));
  CHECK(lab.range("5000-,0-4")->body() == lab.bytes(0, 4));
  CHECK(lab.asked().empty());
}

TEST_CASE("parts: of several ranges the first may lie beyond the end of what is not known") {
  PartLab lab;
  const auto client = lab.range("5000-,0-4");
  CHECK(client->done());
  CHECK(lab.asked() == "5000-5099, 5000-,0-4");  // the second as the client sent it
}

TEST_CASE("parts: If-Range and If-None-Match are held against what is stored") {
  PartLab lab;
  CHECK(lab.range("0-9", {{"If-Range", "\"v1\""}})->status() == 206);
  CHECK(lab.asked() == "0-99");
  CHECK(lab.range("0-9", {{"If-Range", "\"v1\""}})->has("; hit;"));
  CHECK(lab.range("0-9", {{"If-None-Match", "\"v1\""}})->status() == 304);
  CHECK(lab.asked().empty());
  const auto other = lab.range("0-9", {{"If-Range", "\"v0\""}});
  CHECK(other->status() == 200);
  CHECK(other->body() == lab.site.body);
  PartLab empty;
  const auto first = empty.range("300-309", {{"If-Range", "\"v0\""}});
  CHECK(first->status() == 200);
  CHECK(first->body() == empty.site.body);
}

TEST_CASE("parts: HEAD is not answered from them, and only-if-cached from what is there") {
  PartLab lab;
  lab.range("0-9");
  const auto head = lab.bench.ask_for({.path = "/a", .method = "HEAD"});
  CHECK(head->has("; fwd=partial; "));
  CHECK(lab.range("0-9", {{"Cache-Control", "only-if-cached"}})->has("; hit;"));
  CHECK(lab.range("100-109", {{"Cache-Control", "only-if-cached"}})->status() == 504);
  CHECK(lab.bench.ask("/a", {{"Cache-Control", "only-if-cached"}})->status() == 504);
}

TEST_CASE("parts: requests for the same block share one fetch, those for others have their own") {
  PartLab lab;
  std::vector<FakeCallPtr> calls;
  lab.origin.on_open = [&](const FakeCallPtr& call) { calls.push_back(call); };
  std::vector<std::shared_ptr<Client>> clients;
  for (int i = 0; i < 10; ++i) {
    const std::string first = std::to_string(i < 8 ? 200 + i : 300 + i);
    clients.push_back(lab.bench.get("/a", {{"Range", "bytes=" + first + "-" + first}}));
  }
  lab.bench.settle();
  REQUIRE(calls.size() == 2);
  for (const auto& call : calls) lab.site.answer(call);
  lab.bench.settle();
  for (size_t i = 0; i < 10; ++i) {
    const size_t first = i < 8 ? 200 + i : 300 + i;
    CHECK(clients[i]->body() == lab.bytes(first, first));
  }
  CHECK(clients[1]->has("; fwd=miss; fwd-status=206; ttl=60; stored; collapsed\r\n"));
  CHECK(lab.bench.counters.collapsed.get() == 8);
}

TEST_CASE("parts: a client that leaves wastes nothing of its block") {
  PartLab lab;
  FakeCallPtr call;
  lab.origin.on_open = [&](const FakeCallPtr& opened) { call = opened; };
  const auto client = lab.range("200-299");
  call->head(206,
             "Cache-Control: max-age=60\r\nETag: \"v1\"\r\nContent-Range: bytes 200-299/1050\r\n",
             100);
  call->body(lab.bytes(200, 239));
  lab.bench.settle();
  CHECK(client->body() == lab.bytes(200, 239));
  client->leave();
  call->body(lab.bytes(240, 299));
  call->end();
  lab.bench.settle();
  CHECK(lab.range("200-299")->has("; hit;"));
}

TEST_CASE("parts: what came before the origin broke off stays, and only the rest is asked for") {
  PartLab lab;
  lab.origin.on_open = [&](const FakeCallPtr& call) {
    const std::string bytes = lab.site.answer_head(call);
    if (lab.origin.opened() != 1) {
      call->body(bytes);
      return call->end();
    }
    call->body(bytes.substr(0, 40));
    call->fail(rpc::FailureReason::Reset, true);
  };
  const auto client = lab.range("200-299");
  CHECK(client->done());
  CHECK(client->body() == lab.bytes(200, 299));
  CHECK(lab.asked() == "200-299, 240-299");
  CHECK(lab.range("200-299")->has("; hit;"));
}

TEST_CASE("parts: a whole response that was cut off is completed for the next one") {
  PartLab lab;
  bool cut = true;
  lab.origin.on_open = [&](const FakeCallPtr& call) {
    const std::string bytes = lab.site.answer_head(call);
    if (!std::exchange(cut, false)) {
      call->body(bytes);
      return call->end();
    }
    call->body(bytes.substr(0, 230));
    call->fail(rpc::FailureReason::Reset, true);
  };
  const auto first = lab.bench.ask("/a");
  CHECK(first->failed());
  CHECK(first->body() == lab.bytes(0, 229));
  CHECK(lab.range("100-199")->has("; hit;"));
  const auto second = lab.bench.ask("/a");
  CHECK(second->done());
  CHECK(second->body() == lab.site.body);
  CHECK(lab.asked().starts_with("whole, 230-299, 300-399"));
}

TEST_CASE("parts: what is cut off does not take the place of a complete response, though stale") {
  PartLab lab;
  lab.site.lines = "Cache-Control: max-age=60, stale-if-error=600\r\nAge: 61\r\n";
  const std::string old = lab.site.body;
  lab.bench.ask("/a");
  lab.site.etag = "\"v2\"";
  lab.site.body = random_bytes(1050, 2);
  lab.origin.on_open = [&](const FakeCallPtr& call) {
    call->body(lab.site.answer_head(call).substr(0, 230));
    call->fail(rpc::FailureReason::Reset, true);
  };
  CHECK(lab.bench.ask("/a")->failed());
  lab.origin.on_open = [](const FakeCallPtr& call) {
    call->fail(rpc::FailureReason::ConnectRefused, false);
  };
  CHECK(lab.bench.ask("/a")->body() == old);
}

TEST_CASE("parts: a cut-off response without a strong validator leaves nothing") {
  for (const char* etag : {"", "W/\"v1\""}) {
    PartLab lab;
    lab.site.etag = etag;
    lab.origin.on_open = [&](const FakeCallPtr& call) {
      call->body(lab.site.answer_head(call).substr(0, 230));
      call->fail(rpc::FailureReason::Reset, true);
    };
    CHECK(lab.bench.ask("/a")->failed());
    CHECK(lab.shared.store.statistics().objects == 0);
  }
}

TEST_CASE("parts: stale ones are confirmed by a 304 and then completed") {
  PartLab lab;
  lab.site.lines = "Cache-Control: max-age=60\r\nAge: 100\r\n";
  lab.range("0-9");
  lab.site.lines = "Cache-Control: max-age=60\r\n";
  lab.asked();
  const auto confirmed = lab.range("0-9");
  CHECK(confirmed->body() == lab.bytes(0, 9));
  CHECK(confirmed->has("; fwd=stale; fwd-status=304; ttl=60; detail=expired\r\n"));
  CHECK(lab.origin.call(1)->has("If-None-Match: \"v1\"\r\n"));
  CHECK_FALSE(lab.origin.call(1)->has("If-Range"));
  CHECK(lab.bench.counters.revalidated.get() == 1);
  CHECK(lab.range("0-9")->has("; hit;"));
}

TEST_CASE("parts: stale ones that have changed are replaced, not mixed") {
  PartLab lab;
  lab.site.lines = "Cache-Control: max-age=60\r\nAge: 100\r\n";
  lab.range("0-199");
  lab.site.lines = "Cache-Control: max-age=60\r\n";
  lab.site.body = random_bytes(2000, 2);
  lab.site.etag = "\"v2\"";
  lab.asked();
  const auto client = lab.range("50-150");
  CHECK(client->body() == lab.bytes(50, 150));
  CHECK(client->has("Content-Range: bytes 50-150/2000\r\n"));
  CHECK(lab.asked() == "0-99, 100-199");
}

TEST_CASE("parts: a change while they are fresh is noticed by the next fetch") {
  PartLab lab;
  lab.range("0-99");
  lab.site.body = random_bytes(1050, 2);
  lab.site.etag = "\"v2\"";
  const auto client = lab.range("50-150");
  CHECK(client->done());
  CHECK(client->has("ETag: \"v2\"\r\n"));
  CHECK(client->body() == lab.bytes(50, 150));
  // Of the old one nothing is left.
  CHECK(lab.range("0-99")->body() == lab.bytes(0, 99));
  CHECK(lab.range("0-99")->has("; hit;"));
}

TEST_CASE("parts: an answer whose representation changes under way is cut off, never mixed") {
  PartLab lab;
  lab.range("0-99");
  const std::string old = lab.site.body;
  lab.origin.on_open = [&, n = 0](const FakeCallPtr& call) mutable {
    if (++n == 3) {
      lab.site.body = random_bytes(1050, 2);
      lab.site.etag = "\"v2\"";
    }
    lab.site.answer(call);
  };
  const auto client = lab.bench.ask("/a");
  CHECK(client->failed());
  CHECK(client->body() == old.substr(0, client->body().size()));
  CHECK(client->body().size() == 300);
  const auto next = lab.bench.ask("/a");
  CHECK(next->done());
  CHECK(next->body() == lab.site.body);
}

TEST_CASE("parts: a 206 that lies is neither stored nor combined") {
  struct Row {
    const char* lines;  // of the answer to a second request, for bytes 100-199
    size_t size;
    const char* detail;
  };
  for (const Row& row : {
           Row{"ETag: \"v1\"\r\nContent-Range: bytes 0-99/1050\r\n", 100, "part-other-range"},
           Row{"ETag: \"v1\"\r\nContent-Range: bytes 100-299/1050\r\n", 200, "part-other-range"},
           Row{"ETag: \"v1\"\r\nContent-Range: bytes 100-199/1050\r\n", 99, "part-length"},
           Row{"ETag: \"v1\"\r\nContent-Range: bytes 100-199/*\r\n", 100, "part-size-unknown"},
           Row{"ETag: \"v1\"\r\nContent-Range: bytes 100-99/1050\r\n", 100,
               "part-no-content-range"},
           Row{"ETag: \"v1\"\r\n", 100, "part-no-content-range"},
           Row{"ETag: \"v1\"\r\nContent-Type: multipart/byteranges; boundary=x\r\n", 100,
               "part-multipart"},
       }) {
    CAPTURE(row.lines);
    PartLab lab;
    lab.range("0-9");
    const size_t objects = lab.shared.store.statistics().objects;
    lab.origin.on_open = [&](const FakeCallPtr& call) {
      if (lab.origin.opened() == 2) {
        return call->answer(206, row.lines, std::string(row.size, 'X'));
      }
      lab.site.answer(call);
    };
    // The second try is the client's own, whose answer concerns nobody else.
    const auto client = lab.range("150-159");
    CHECK(lab.asked() == "0-99, 100-199, 150-159");
    CHECK(client->body() == lab.bytes(150, 159));
    CHECK(client->has(std::string("; detail=") + row.detail + "\r\n"));
    CHECK(lab.shared.store.statistics().objects == objects);
    CHECK(lab.range("0-9")->has("; hit;"));
    CHECK(lab.range("0-9")->body() == lab.bytes(0, 9));
  }
}

TEST_CASE("parts: the same tag with another size is another representation") {
  PartLab lab;
  lab.range("0-9");
  lab.site.body = random_bytes(1100, 2);
  CHECK(lab.range("150-159")->body() == lab.bytes(150, 159));
  CHECK(lab.range("0-9")->body() == lab.bytes(0, 9));
  CHECK(lab.range("1090-1099")->body() == lab.bytes(1090, 1099));
}

TEST_CASE("parts: without a validator one part answers alone and is never combined") {
  PartLab lab;
  lab.site.etag = "";
  CHECK(lab.range("10-19")->body() == lab.bytes(10, 19));
  CHECK(lab.range("0-99")->has("; hit;"));
  lab.asked();
  lab.site.body = random_bytes(1050, 2);  // and nobody can tell
  const auto client = lab.range("50-150");
  CHECK(client->done());
  CHECK(client->body() == lab.bytes(50, 150));
  CHECK(lab.bench.ask("/a")->body() == lab.site.body);
}

TEST_CASE("parts: an origin without ranges is stored as it always was") {
  PartLab lab;
  lab.origin.on_open = [&](const FakeCallPtr& call) {
    call->answer(200, "Cache-Control: max-age=60\r\nETag: \"v1\"\r\n", lab.site.body);
  };
  const auto client = lab.range("250-259");
  CHECK(client->status() == 206);
  CHECK(client->body() == lab.bytes(250, 259));
  CHECK(lab.bench.ask("/a")->has("; hit;"));
  CHECK(lab.origin.opened() == 1);
}

TEST_CASE("parts: what may not be stored is not, and the next one asks for itself") {
  PartLab lab;
  lab.site.lines = "Cache-Control: no-store\r\n";
  const auto first = lab.range("250-259");
  CHECK(first->body() == lab.bytes(250, 259));
  CHECK(first->has("; fwd=miss; fwd-status=206; detail=no-store\r\n"));
  const auto over = lab.range("250-350");
  CHECK(over->body() == lab.bytes(250, 350));
  CHECK(over->has("detail=hit-for-miss\r\n"));
  CHECK(lab.asked() == "200-299, 250-350");
  CHECK(lab.shared.store.statistics().objects == 0);
}

TEST_CASE("parts: larger than any stored object they are kept all the same") {
  PartLab lab;
  lab.site.body = random_bytes(12'000, 3);
  CHECK(lab.range("11000-11009")->body() == lab.bytes(11'000, 11'009));
  CHECK(lab.range("11000-11009")->has("; hit;"));
  const auto whole = lab.bench.ask("/a");
  for (int i = 0; i < 20 && !whole->done(); ++i) lab.bench.settle();
  CHECK(whole->body() == lab.site.body);
  lab.asked();
  CHECK(lab.bench.ask("/a")->body() == lab.site.body);
  CHECK(lab.asked().empty());
}

TEST_CASE("parts: each variant has its own") {
  PartLab lab;
  RangeOrigin german{.body = random_bytes(1050, 9), .etag = "\"v1\"", .lines = lab.site.lines};
  german.lines += "Vary: Accept-Language\r\n";
  lab.site.lines = german.lines;
  lab.origin.on_open = [&](const FakeCallPtr& call) {
    (call->has("Accept-Language: de") ? german : lab.site).answer(call);
  };
  for (int i = 0; i < 2; ++i) {
    CHECK(lab.range("95-104", {{"Accept-Language", "en"}})->body() == lab.bytes(95, 104));
    CHECK(lab.range("95-104", {{"Accept-Language", "de"}})->body() == german.body.substr(95, 10));
  }
  CHECK(lab.asked() == "0-99, 100-199, 0-99, 100-199");
}

TEST_CASE("parts: a purge takes them all, and what was on its way is not kept") {
  using Kind = edge::PurgeSpec::Kind;
  for (const Kind kind : {Kind::Url, Kind::Everything, Kind::Host, Kind::Prefix}) {
    PartLab lab;
    lab.range("0-99");
    FakeCallPtr late;
    lab.origin.on_open = [&](const FakeCallPtr& call) { late = call; };
    const auto client = lab.range("100-199");
    const char* value = kind == Kind::Url    ? "http://www.example.org/a"
                        : kind == Kind::Host ? "www.example.org"
                                             : "http://www.example.org/*";
    const auto routes = Lab::routes();
    REQUIRE(edge::carry_out({kind, value}, routes.get(), lab.shared));
    lab.site.answer(late);
    lab.bench.settle();
    CHECK(client->body() == lab.bytes(100, 199));
    lab.origin.on_open = [&](const FakeCallPtr& call) { lab.site.answer(call); };
    lab.asked();
    CHECK(lab.range("0-9")->has("; fwd=miss;"));
    CHECK(lab.range("100-109")->has("; fwd=partial;"));
    CHECK(lab.asked() == "0-99, 100-199");
  }
}

TEST_CASE("parts: a slow client has one block waiting and one ahead, not more") {
  PartLab lab;
  lab.range("0-9");
  lab.asked();
  const auto client = lab.bench.request({.path = "/a"});
  client->capacity = 1;
  lab.bench.settle();
  CHECK(client->received() <= 100);
  CHECK(lab.asked() == "100-199, 200-299");
  for (int i = 0; i < 30 && !client->done(); ++i) {
    client->drain();
    lab.bench.settle();
    CHECK(lab.bench.fetches->size() <= 2);
  }
  CHECK(client->done());
  CHECK(client->body() == lab.site.body);
}

TEST_CASE("parts: an origin that is down leaves what is there") {
  PartLab lab;
  lab.range("0-99");
  lab.origin.on_open = [](const FakeCallPtr& call) {
    call->fail(rpc::FailureReason::ConnectRefused, false);
  };
  CHECK(lab.range("0-99")->has("; hit;"));
  const auto missing = lab.range("100-109");
  CHECK(missing->status() == 502);
  CHECK(missing->has("; fwd=partial; detail=connect-refused\r\n"));
}

}  // namespace
}  // namespace atl::test
