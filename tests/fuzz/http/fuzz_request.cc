// A connection against arbitrary bytes in arbitrary pieces. The first byte of the input chooses the
// pieces, the rest is what the client sends. What must hold:
//   - the outcome does not depend on how the bytes were split;
//   - every request that reaches the application is plain: written out again, it parses to the
//   same;
//   - every request is answered once, a refusal comes last, nothing is left behind.

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/check.h"
#include "lib/base/clock.h"
#include "lib/http/chars.h"
#include "lib/http/field_lookup.h"
#include "lib/http/request_parser.h"
#include "lib/server/connection_set.h"
#include "tests/support/memory_stream.h"

namespace atl::server {
namespace {

using atl::testing::MemoryPeer;

Limits fuzz_limits() {
  Limits limits;
  limits.request_line = ByteSize{256};
  limits.head = ByteSize{1024};
  limits.fields = 16;
  limits.body = ByteSize{4096};
  return limits;
}

// Names that are tokens, values without anything that could end a line.
void check_plain(const http::RequestHead& head) {
  ATOLL_CHECK(http::is_token(head.method));
  ATOLL_CHECK(!head.target.empty());
  for (const char c : head.target) ATOLL_CHECK(c > 0x20 && c < 0x7f);
  ATOLL_CHECK(!head.path_and_query.empty());
  ATOLL_CHECK(head.path_and_query.front() == '/' || head.path_and_query == "*");
  for (const http::Field& field : head.fields) {
    ATOLL_CHECK(http::is_token(field.name));
    for (const char c : field.value) ATOLL_CHECK(http::is_field_value_char(c));
    ATOLL_CHECK(field.value == http::trim_ows(field.value));
  }
  const size_t lengths = http::count(head.fields, "content-length");
  const size_t codings = http::count(head.fields, "transfer-encoding");
  ATOLL_CHECK(lengths + codings <= 1);
  ATOLL_CHECK(head.chunked == (codings == 1));
  ATOLL_CHECK(head.body_length.has_value() == !head.chunked);
  ATOLL_CHECK(http::count(head.fields, "host") <= 1);
  if (head.version_minor > 0) ATOLL_CHECK(!head.authority.empty());
}

std::string written_out(const http::RequestHead& head) {
  std::string out;
  out.append(head.method).append(" ").append(head.target);
  out.append(head.version_minor == 0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
  for (const http::Field& field : head.fields) {
    out.append(field.name).append(":").append(field.value).append("\r\n");
  }
  return out.append("\r\n");
}

void check_parses_the_same(const http::RequestHead& head) {
  http::RequestParser parser({});
  const std::string text = written_out(head);
  ATOLL_CHECK(parser.feed(text) == text.size());
  ATOLL_CHECK(parser.state() == http::RequestParser::State::Complete);
  const http::RequestHead& again = parser.head();
  ATOLL_CHECK(written_out(again) == text);
  ATOLL_CHECK(again.path_and_query == head.path_and_query);
  ATOLL_CHECK(again.authority == head.authority);
  ATOLL_CHECK(again.keep_alive == head.keep_alive);
  ATOLL_CHECK(again.chunked == head.chunked);
  ATOLL_CHECK(again.body_length == head.body_length);
  ATOLL_CHECK(again.expects_continue == head.expects_continue);
}

constexpr std::string_view kHead = "HTTP/1.1 200 OK\r\n";

class FuzzApplication final : public Application {
 public:
  std::unique_ptr<Handler> on_request(const http::RequestHead& head,
                                      Responder& responder) override {
    ATOLL_CHECK(refused == 0);
    check_plain(head);
    check_parses_the_same(head);
    log.append(head.method).append(" ").append(head.path_and_query).append("\n");
    ++requests;
    // Whether a client that expects a 100 gets one depends on what it has sent: not comparable.
    if (!head.has_body() || head.expects_continue) {
      responder.respond({&kHead, 1}, {}, {}, {});
      return nullptr;
    }
    responder.read_body();
    return std::make_unique<Reader>(*this, responder);
  }
  void on_refused(uint16_t status, const char* reason) override {
    ATOLL_CHECK(status >= 400 && status < 600 && *reason != '\0');
    ++refused;
  }

  int requests = 0;
  int refused = 0;
  int readers = 0;
  std::string log;

 private:
  class Reader final : public Handler {
   public:
    Reader(FuzzApplication& app, Responder& responder) : app_(app), responder_(responder) {
      ++app_.readers;
    }
    ~Reader() override { --app_.readers; }
    void on_body(std::string_view bytes) override {
      ATOLL_CHECK(!bytes.empty());
      // Only a complete body is compared: how much of a broken one was given depends on the pieces.
      body_.append(bytes);
      ATOLL_CHECK(body_.size() <= fuzz_limits().body.count);
    }
    void on_body_end(std::string_view trailers) override {
      app_.log.append(body_).append("|").append(trailers).append("\n");
      responder_.respond({&kHead, 1}, {}, {}, {});
    }
    void on_writable() override { ATOLL_CHECK(false); }
    void on_abort(Abort) override { app_.log.append("aborted\n"); }

   private:
    FuzzApplication& app_;
    Responder& responder_;
    std::string body_;
  };
};

struct Outcome {
  std::string log;
  std::string received;
  bool fin;
  bool reset;
  bool operator==(const Outcome&) const = default;
};

// `seed` 0: in one piece.
Outcome run(std::string_view bytes, uint32_t seed) {
  FuzzApplication app;
  ManualClock clock;
  bool woken = false;
  MemoryPeer peer;
  Outcome outcome;
  {
    ConnectionSet set(app, fuzz_limits(), clock,
                      {.wake = [&woken](ConnectionSet::Wake) { woken = true; }});
    const auto settle = [&] {
      while (std::exchange(woken, false)) set.end_turn();
      peer.poll();
      while (std::exchange(woken, false)) set.end_turn();
    };
    set.adopt(peer.stream());
    while (!bytes.empty()) {
      size_t size = bytes.size();
      if (seed != 0) {
        seed = seed * 1664525 + 1013904223;
        size = std::min<size_t>(size, 1 + (seed >> 24) % ((seed >> 16) % 4 == 0 ? 64 : 4));
      }
      peer.send(bytes.substr(0, size));
      settle();
      bytes.remove_prefix(size);
    }
    outcome = {app.log, peer.received(), peer.saw_fin(), peer.saw_reset()};
    peer.finish();
    settle();
    clock.advance(std::chrono::minutes{5});
    set.sweep(clock.mono());
    settle();
    ATOLL_CHECK(peer.closed());
    ATOLL_CHECK(set.statistics().connections == 0);
    ATOLL_CHECK(set.statistics().in_flight == 0);
    ATOLL_CHECK(set.statistics().refused_total() <= 1);
  }
  ATOLL_CHECK(app.readers == 0);
  return outcome;
}

}  // namespace
}  // namespace atl::server

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0 || size > 16 * 1024) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const uint32_t seed = data[0] + 1U;
  const auto whole = atl::server::run(bytes, 0);
  ATOLL_CHECK(whole == atl::server::run(bytes, seed));
  return 0;
}
