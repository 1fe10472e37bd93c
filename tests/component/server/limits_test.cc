// What a client may ask for, and the status with which more is answered.

#include "lib/server/limits.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "tests/component/server/harness.h"

namespace atl::server::testing {
namespace {

Limits small() {
  Limits limits;
  limits.request_line = ByteSize{64};
  limits.head = ByteSize{256};
  limits.fields = 4;
  limits.body = ByteSize{100};
  return limits;
}

std::string get(size_t target, const std::string& lines) {
  return "GET /" + std::string(target - 1, 'x') + " HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n";
}

// "GET " and " HTTP/1.1" around the target.
constexpr size_t kTarget = 64 - 4 - 9;

TEST_CASE("limits: of heads, one byte below and one above") {
  const std::string head = get(1, "X: ");
  struct Row {
    const char* what;
    std::string input;
    int status;
  };
  for (const Row& row : std::vector<Row>{
           {"request line", get(kTarget, ""), 404},
           {"request line", get(kTarget + 1, ""), 414},
           {"request line that never ends", "GET /" + std::string(100, 'x'), 414},
           {"method that never ends", std::string(100, 'A'), 414},
           {"head", get(1, "X: " + std::string(256 - head.size() - 2, 'x') + "\r\n"), 404},
           {"head", get(1, "X: " + std::string(256 - head.size() - 1, 'x') + "\r\n"), 431},
           {"head that never ends", get(1, "X: ").substr(0, 30) + std::string(300, 'x'), 431},
           {"name that never ends", get(1, "").substr(0, 25) + std::string(300, 'x'), 431},
           {"fields", get(1, "A: 1\r\nB: 2\r\nC: 3\r\n"), 404},
           {"fields", get(1, "A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n"), 431},
           {"empty fields", get(1, "A:\r\nB:\r\nC:\r\nD:\r\n"), 431}}) {
    CAPTURE(std::string(row.what));
    CAPTURE(row.input);
    const std::string_view input = row.input;
    for (size_t at = 1; at <= input.size(); ++at) {
      const Outcome got = converse({input.substr(0, at), input.substr(at)}, small());
      CHECK(statuses(got.received) == std::vector<int>{row.status});
      CHECK(got.fin == (row.status != 404));
    }
  }
}

TEST_CASE("limits: an announced body that is too large is refused before it is asked for") {
  for (const char* expect : {"", "Expect: 100-continue\r\n"}) {
    const Outcome got = converse({"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n" +
                                  std::string(expect) + "\r\n"},
                                 small());
    CHECK(statuses(got.received) == std::vector<int>{413});
    CHECK(got.fin);
    CHECK(got.requests.empty());
    CHECK(got.refused == std::vector<uint16_t>{413});
  }
}

TEST_CASE("limits: a chunked body that grows too large is refused while it arrives") {
  ServerHarness harness(small());
  MemoryPeer& peer = harness.connect();
  harness.send(peer, "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "32\r\n" + std::string(50, 'x') + "\r\n";
  harness.send(peer, chunk + chunk);
  CHECK(peer.received().empty());
  harness.send(peer, "1\r\n");
  CHECK(peer.received().empty());
  harness.send(peer, "x\r\n");
  CHECK(statuses(peer.received()) == std::vector<int>{413});
  CHECK(peer.saw_fin());
  CHECK(harness.app.body.size() == 100);
  CHECK(harness.app.aborted == std::vector<Abort>{Abort::ClientInvalid});
  CHECK(harness.app.refused.empty());  // it knows of the request
  CHECK(harness.set.statistics().refused_with(413) == 1);
}

TEST_CASE("limits: chunk extensions and trailers are bounded over the whole body") {
  const std::string head = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  std::string extensions = head;
  for (int i = 0; i < 1000; ++i) extensions += "1;" + std::string(30, 'e') + "\r\nx\r\n";
  std::string trailers = head + "0\r\n";
  for (int i = 0; i < 1000; ++i) trailers += "X-Name: " + std::string(30, 't') + "\r\n";
  for (const std::string& input : {extensions, trailers, head + "1;" + std::string(20'000, 'e'),
                                   head + "0\r\nX: " + std::string(20'000, 'e')}) {
    const Outcome got = converse({input});
    CHECK(statuses(got.received) == std::vector<int>{431});
    CHECK(got.fin);
  }
}

TEST_CASE("limits: HEAD is refused without a body") {
  const Outcome got =
      converse({"HEAD /x HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n"}, small());
  CHECK(statuses(got.received) == std::vector<int>{413});
  CHECK(got.received.ends_with("\r\n\r\n"));
}

TEST_CASE("limits: the last request of a connection is answered with close") {
  Limits limits;
  limits.requests_per_connection = 2;
  std::string input;
  for (int i = 0; i < 4; ++i) input += "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
  const Outcome got = converse({input}, limits);
  CHECK(got.requests.size() == 2);
  CHECK(got.received ==
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
  CHECK(got.fin);
}

TEST_CASE("limits: a body nobody wants is read to save the connection, up to a bound") {
  const auto request = [](size_t size) {
    return "POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) +
           "\r\n\r\n";
  };
  const std::string next = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
  {
    const std::string body(64 * 1024, 'x');
    const Outcome got = converse({request(body.size()), body, next});
    CHECK(statuses(got.received) == std::vector<int>{200, 200});
    CHECK_FALSE(got.fin);
  }
  {
    const std::string body(64 * 1024 + 1, 'x');
    const Outcome got = converse({request(body.size()), body, next});
    CHECK(got.received == "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
    CHECK(got.fin);
  }
}

TEST_CASE("limits: a client that goes on sending after a refusal is cut off in the end") {
  ServerHarness harness;
  MemoryPeer& peer = harness.connect();
  harness.send(peer, "GET / HTTP/9.9\r\n");
  CHECK(peer.saw_fin());
  CHECK_FALSE(peer.closed());
  const std::string noise(64 * 1024, 'x');
  int sent = 0;
  while (!peer.closed() && sent < 100) {
    harness.send(peer, noise);
    ++sent;
  }
  CHECK(sent == 17);  // 1 MiB and a bit
}

}  // namespace
}  // namespace atl::server::testing
