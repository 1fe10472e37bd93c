#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <vector>

#include "lib/synthetic/content.h"
#include "tests/unit/lib/rpc/exchange_world.h"

namespace atl::rpc::test {
namespace {

using namespace std::chrono_literals;

std::string bytes_of(size_t size) {
  std::string out(size, '\0');
  synthetic::Content("test").fill(0, out.data(), size);
  return out;
}

// Writes `left` bytes in pieces, as far as the responder takes them; goes on when it is writable.
struct Writer {
  Scripted& scripted;
  uint64_t left;
  std::atomic<uint64_t>& written;
  size_t piece = 64 << 10;

  void go_on() {
    while (left > 0) {
      const size_t size = std::min<uint64_t>(left, piece);
      left -= size;
      written += size;
      if (!scripted.responder->write(std::string(size, 'x'))) return;
    }
    scripted.responder->end("");
  }
};

TEST_CASE("exchange: a small answer comes whole, with its fields, reason and trailers") {
  World world;
  world.script = [](Scripted& s) {
    OriginResponse response;
    response.status = 299;
    response.reason = "Odd but fine";
    response.fields = "A: 1\r\nb: two \r\nA: 3\r\n";
    s.responder->head(std::move(response));
    s.responder->write("hello ");
    s.responder->write("world");
    s.responder->end("X-T: t\r\n");
  };
  Recorder got(world);
  ExchangeHead head = world.get("/path?q=1");
  head.fields = "Accept: */*\r\n";
  head.client_address = "192.0.2.7";
  head.request_id = "r1";
  const auto call = world.open(head, got);
  REQUIRE(world.run_until([&] { return got.over(); }));
  CHECK(got.ended);
  CHECK(got.status == 299);
  CHECK(got.reason == "Odd but fine");
  CHECK(got.fields == "A: 1\r\nb: two \r\nA: 3\r\n");
  CHECK(!got.body_length);
  CHECK(got.body == "hello world");
  CHECK(got.trailers == "X-T: t\r\n");
  CHECK(got.last_calls == 1);
  const OriginRequest& seen = *world.handlers()[0]->request;
  CHECK(seen.method == "GET");
  CHECK(seen.target == "/path?q=1");
  CHECK(seen.authority == "example.org");
  CHECK(seen.fields == "Accept: */*\r\n");
  CHECK(seen.client_address == "192.0.2.7");
  CHECK(seen.request_id == "r1");
  CHECK(seen.body_length == 0);
  CHECK(world.client->reachable(world.endpoint()) == true);
  CHECK(!world.client->reachable("127.0.0.1:1"));
}

TEST_CASE("exchange: bodies of every size around the limits arrive unharmed") {
  World world;
  for (const size_t size : {0UL, 1UL, 65535UL, 65536UL, 65537UL, 262144UL, 262145UL, 3000000UL}) {
    for (const bool sized : {true, false}) {
      CAPTURE(size);
      CAPTURE(sized);
      const std::string body = bytes_of(size);
      world.script = [&](Scripted& s) {
        OriginResponse response;
        if (sized) response.body_length = size;
        // One writer, driven by the responder alone.
        auto rest = std::make_shared<std::string>(body);
        auto go_on = [&s, rest] {
          while (!rest->empty()) {
            std::string piece = rest->substr(0, 50000);
            rest->erase(0, piece.size());
            if (!s.responder->write(std::move(piece))) return;
          }
          s.responder->end("");
        };
        s.at_writable = go_on;
        if (s.responder->head(std::move(response))) go_on();
      };
      Recorder got(world);
      const auto call = world.open(world.get(), got);
      REQUIRE(world.run_until([&] { return got.over(); }));
      CHECK(got.ended);
      CHECK(got.body == body);
    }
  }
}

TEST_CASE("exchange: a body that is not soon complete moves to its own stream") {
  World world;
  world.script = [](Scripted& s) {
    s.responder->head({});
    s.responder->write("first");
  };
  Recorder got(world);
  const auto call = world.open(world.get(), got);
  REQUIRE(world.run_until([&] { return got.body == "first"; }));
  CHECK(!got.over());
  world.handlers()[0]->responder->write(" second");
  REQUIRE(world.run_until([&] { return got.body == "first second"; }));
  world.handlers()[0]->responder->end("");
  REQUIRE(world.run_until([&] { return got.over(); }));
  CHECK(got.ended);
}

TEST_CASE("exchange: a reader that pauses stops the source within a bound, and goes on") {
  World world;
  constexpr uint64_t kSize = 64 << 20;
  std::atomic<uint64_t> written = 0;
  std::unique_ptr<Writer> writer;
  world.script = [&](Scripted& s) {
    writer = std::make_unique<Writer>(Writer{s, kSize, written});
    s.at_writable = [&] { writer->go_on(); };
    OriginResponse response;
    response.body_length = kSize;
    if (s.responder->head(std::move(response))) writer->go_on();
  };
  Recorder got(world);
  got.keep_body = false;
  std::unique_ptr<ExchangeCall> call;
  got.at_body = [&] {
    if (got.body_bytes == 64 << 10) call->pause();
  };
  call = world.open(world.get(), got);
  REQUIRE(world.run_until([&] { return got.body_bytes > 0; }));
  // Another exchange on the same connections is not held up by the one that is paused.
  for (int i = 0; i < 20; ++i) {
    const auto before = world.script;
    world.script = [](Scripted& s) { answer(*s.responder, 200, "ok"); };
    Recorder other(world);
    const auto second = world.open(world.get(), other);
    REQUIRE(world.run_until([&] { return other.over(); }));
    CHECK(other.body == "ok");
    world.script = before;
  }
  CHECK(got.body_bytes <= 128 << 10);
  CHECK(written < 2 << 20);  // queue, transport buffers and window; the body is 64 MiB
  call->resume();
  REQUIRE(world.run_until([&] { return got.over(); }));
  CHECK(got.ended);
  CHECK(got.body_bytes == kSize);
}

TEST_CASE("exchange: pausing at the head holds a small body back") {
  World world;
  world.script = [](Scripted& s) { answer(*s.responder, 200, "small"); };
  Recorder got(world);
  std::unique_ptr<ExchangeCall> call;
  got.at_head = [&] { call->pause(); };
  call = world.open(world.get(), got);
  REQUIRE(world.run_until([&] { return got.heads == 1; }));
  CHECK(got.body.empty());
  CHECK(!got.over());
  call->resume();
  CHECK(got.body.empty());  // never from inside a call
  REQUIRE(world.run_until([&] { return got.over(); }));
  CHECK(got.body == "small");
}

TEST_CASE("exchange: informational responses pass as they arrive") {
  World world;
  world.script = [](Scripted& s) { s.responder->inform(103, "Link: </a>\r\n"); };
  Recorder got(world);
  const auto call = world.open(world.get(), got);
  REQUIRE(world.run_until([&] { return !got.informational.empty(); }));
  CHECK(got.informational[0] == std::pair<uint16_t, std::string>(103, "Link: </a>\r\n"));
  world.handlers()[0]->responder->inform(102, "");
  answer(*world.handlers()[0]->responder, 200, "x");
  REQUIRE(world.run_until([&] { return got.over(); }));
  CHECK(got.informational.size() == 2);
  CHECK(got.status == 200);
}

TEST_CASE("exchange: destroying a call cancels exactly that exchange at the source") {
  World world;
  struct Row {
    const char* what;
    bool head;
    std::optional<uint64_t> body_length;  // of the request
  };
  for (const Row& row : {Row{"waiting for the head, multiplexed", false, 0},
                         Row{"body under way after a ticket", true, 0},
                         Row{"request body under way", false, std::nullopt},
                         Row{"both under way", true, std::nullopt}}) {
    CAPTURE(row.what);
    const size_t before = world.handlers().size();
    world.script = [&](Scripted& s) {
      if (row.head) {
        s.responder->head({});
        s.responder->write("begin");
      }
    };
    Recorder one(world), two(world);
    ExchangeHead head = world.get();
    head.body_length = row.body_length;
    auto first = world.open(head, one);
    auto second = world.open(head, two);
    REQUIRE(world.run_until([&] {
      return world.handlers().size() == before + 2 && (!row.head || (one.heads && two.heads));
    }));
    first.reset();
    const auto is_cancelled = [&](size_t i) {
      const auto handler = world.handlers()[before + i];
      return world.locked([&] { return handler->cancelled; });
    };
    REQUIRE(world.run_until([&] { return is_cancelled(0) || is_cancelled(1); }));
    const size_t left = is_cancelled(0) ? 1 : 0;
    CHECK(!is_cancelled(left));
    const auto handler = world.handlers()[before + left];
    if (!row.head) handler->responder->head({});
    handler->responder->end("");
    REQUIRE(world.run_until([&] { return two.over(); }));
    CHECK(two.ended);
    CHECK(one.last_calls == 0);
  }
}

TEST_CASE("exchange: a call may be destroyed inside any callback") {
  World world;
  world.script = [](Scripted& s) { answer(*s.responder, 200, "body"); };
  for (const bool at_head : {true, false}) {
    Recorder got(world);
    std::unique_ptr<ExchangeCall> call;
    bool done = false;
    (at_head ? got.at_head : got.at_body) = [&] {
      call.reset();
      done = true;
    };
    call = world.open(world.get(), got);
    REQUIRE(world.run_until([&] { return done; }));
    // A later exchange shows that nothing of the first one came afterwards.
    Recorder after(world);
    const auto next = world.open(world.get(), after);
    REQUIRE(world.run_until([&] { return after.over(); }));
    CHECK(got.last_calls == 0);
  }
}

TEST_CASE("exchange: request bodies of every kind reach the source whole") {
  World world;
  struct Row {
    size_t size;
    bool sized;
    const char* trailers;
  };
  for (const Row& row : {Row{1, true, ""}, Row{65536, true, ""}, Row{65537, true, ""},
                         Row{2'000'000, true, ""}, Row{0, false, ""}, Row{5, false, "X-T: 1\r\n"},
                         Row{100, true, "X-T: 2\r\n"}, Row{3'000'000, false, "X-T: 3\r\n"}}) {
    CAPTURE(row.size);
    CAPTURE(row.sized);
    const size_t index = world.handlers().size();
    world.script = [](Scripted& s) {
      s.read_on = true;
      s.responder->read_body();
    };
    Recorder got(world);
    ExchangeHead head = world.get();
    head.method = "PUT";
    head.body_length = row.sized ? std::optional<uint64_t>(row.size) : std::nullopt;
    const auto call = world.open(head, got);
    const std::string body = bytes_of(row.size);
    for (size_t sent = 0; sent < row.size;) {
      const size_t piece = std::min<size_t>(100'000, row.size - sent);
      const int writable = got.writable;
      const bool room = call->send_body(std::string_view(body).substr(sent, piece));
      sent += piece;
      if (!room) REQUIRE(world.run_until([&] { return got.writable > writable; }));
    }
    call->end_body(row.trailers);
    REQUIRE(world.run_until([&] {
      return world.handlers().size() > index &&
             world.locked([&, h = world.handlers()[index]] { return h->body_end.has_value(); });
    }));
    const auto handler = world.handlers()[index];
    CHECK(world.locked([&] { return handler->body; }) == body);
    CHECK(*handler->body_end == row.trailers);
    answer(*handler->responder, 201, "");
    REQUIRE(world.run_until([&] { return got.over(); }));
    CHECK(got.status == 201);
  }
}

TEST_CASE("exchange: an unread request body holds the sender back") {
  World world;
  Recorder got(world);
  ExchangeHead head = world.get();
  head.method = "PUT";
  head.body_length = std::nullopt;
  const auto call = world.open(head, got);
  REQUIRE(world.run_until([&] { return world.handlers().size() == 1; }));
  size_t sent = 0;
  const std::string piece(64 << 10, 'u');
  while (call->send_body(piece)) sent += piece.size();
  CHECK(sent <= 1 << 20);
  CHECK(world.locked([&, h = world.handlers()[0]] { return h->body.empty(); }));
}

TEST_CASE("exchange: an answer may come before the request body has ended") {
  World world;
  world.script = [](Scripted& s) { answer(*s.responder, 413, "too much"); };
  Recorder got(world);
  ExchangeHead head = world.get();
  head.method = "PUT";
  head.body_length = 10 << 20;
  const auto call = world.open(head, got);
  call->send_body(std::string(1000, 'x'));
  REQUIRE(world.run_until([&] { return got.over(); }));
  CHECK(got.ended);
  CHECK(got.status == 413);
  CHECK(call->send_body("more"));  // ignored
  call->end_body("");
}

TEST_CASE("exchange: a body of the wrong length is refused on the edge's side") {
  World world;
  for (const bool longer : {true, false}) {
    Recorder got(world);
    ExchangeHead head = world.get();
    head.method = "PUT";
    head.body_length = 10;
    const auto call = world.open(head, got);
    call->send_body(longer ? "0123456789a" : "012345678");
    call->end_body("");
    REQUIRE(world.run_until([&] { return got.over(); }));
    REQUIRE(got.failure);
    CHECK(got.failure->reason == FailureReason::BadRequest);
    CHECK(world.handlers().empty());
  }
}

TEST_CASE("exchange: what a source says wrongly is a failure, not bytes for a client") {
  World world;
  struct Row {
    const char* what;
    std::function<void(ExchangeResponder&)> say;
  };
  const auto head_with = [](std::string fields, uint16_t status = 200, std::string reason = "") {
    return [=](ExchangeResponder& r) {
      OriginResponse response;
      response.status = status;
      response.reason = reason;
      response.fields = fields;
      r.head(std::move(response));
      r.end("");
    };
  };
  for (const Row& row :
       {Row{"bare LF", head_with("A: b\nc: d\r\n")}, Row{"bare CR", head_with("A: b\rc\r\n")},
        Row{"NUL", head_with(std::string("A: b\0c\r\n", 8))}, Row{"no name", head_with(": b\r\n")},
        Row{"no colon", head_with("Abc\r\n")}, Row{"space in a name", head_with("A b: c\r\n")},
        Row{"no CRLF at the end", head_with("A: b")}, Row{"status 199", head_with("", 199)},
        Row{"status 1000", head_with("", 1000)}, Row{"reason", head_with("", 200, "a\r\nB: c")},
        Row{"trailers", [](ExchangeResponder& r) {
              r.head({});
              r.end("oops");
            }}}) {
    CAPTURE(row.what);
    world.script = [&](Scripted& s) { row.say(*s.responder); };
    Recorder got(world);
    const auto call = world.open(world.get(), got);
    REQUIRE(world.run_until([&] { return got.over(); }));
    REQUIRE(got.failure);
    CHECK(got.failure->reason == FailureReason::Protocol);
    CHECK(got.heads == 0);
  }
}

TEST_CASE("exchange: a head that cannot be sent fails without harming others") {
  World world;
  world.script = [](Scripted& s) { answer(*s.responder, 200, "fine"); };
  std::vector<ExchangeHead> heads(6, world.get());
  heads[0].method = "G ET";
  heads[1].target = "no-slash";
  heads[2].authority = "ex\xff.org";
  heads[3].fields = "A: b\n\r\n";
  heads[4].source = "";
  heads[5].request_id = "\xff";
  Recorder good(world);
  const auto fine = world.open(world.get(), good);
  for (const ExchangeHead& head : heads) {
    Recorder got(world);
    const auto call = world.open(head, got);
    REQUIRE(world.run_until([&] { return got.over(); }));
    REQUIRE(got.failure);
    CHECK(got.failure->reason == FailureReason::BadRequest);
  }
  REQUIRE(world.run_until([&] { return good.over(); }));
  CHECK(good.body == "fine");
}

TEST_CASE("exchange: failures carry their reason, and whether the request was seen") {
  World world;
  world.script = [](Scripted& s) {
    s.responder->fail({FailureReason::ConnectRefused, false, "no \xff luck"});
  };
  Recorder got(world);
  const auto call = world.open(world.get(), got);
  REQUIRE(world.run_until([&] { return got.over(); }));
  CHECK(got.failure->reason == FailureReason::ConnectRefused);
  CHECK(!got.failure->request_seen);
  CHECK(got.failure->detail == "no ? luck");

  // After a head, over its own stream.
  world.script = [](Scripted& s) {
    s.responder->head({});
    s.responder->write("part");
  };
  Recorder cut(world);
  const auto second = world.open(world.get(), cut);
  REQUIRE(world.run_until([&] { return cut.body == "part"; }));
  world.handlers()[1]->responder->fail({FailureReason::Reset, true, "gone"});
  REQUIRE(world.run_until([&] { return cut.over(); }));
  CHECK(cut.failure->reason == FailureReason::Reset);
  CHECK(cut.failure->request_seen);
}

TEST_CASE("exchange: time is kept for the head and for the whole") {
  World world;
  world.script = [](Scripted& s) { s.responder->request_sent(); };
  Recorder slow(world);
  ExchangeHead head = world.get();
  head.head_timeout = 50ms;
  const auto call = world.open(head, slow);
  REQUIRE(world.run_until([&] { return slow.over(); }));
  CHECK(slow.failure->reason == FailureReason::HeadTimeout);
  CHECK(slow.failure->request_seen);
  CHECK(world.run_until(
      [&] { return world.locked([&] { return true; }) && world.handlers()[0]->cancelled; }));

  world.script = [](Scripted& s) {
    s.responder->head({});
    s.responder->write("x");
  };
  Recorder stuck(world);
  head.timeout = 400ms;
  const auto second = world.open(head, stuck);
  REQUIRE(world.run_until([&] { return stuck.over(); }));
  CHECK(stuck.failure->reason == FailureReason::BodyTimeout);
  CHECK(stuck.heads == 1);
}

TEST_CASE("exchange: beyond the limits the answer is Overloaded") {
  ServerOptions options;
  options.open_per_stream = 10;
  World world(options);
  std::vector<std::unique_ptr<Recorder>> got;
  std::vector<std::unique_ptr<ExchangeCall>> calls;
  // The client keeps to the server's limit, so that one of them refuses the last two.
  for (int i = 0; i < 12; ++i) {
    got.push_back(std::make_unique<Recorder>(world));
    calls.push_back(world.open(world.get(), *got.back()));
  }
  REQUIRE(world.run_until([&] {
    return std::ranges::count_if(got, [](const auto& g) { return g->over(); }) == 2 &&
           world.handlers().size() == 10;
  }));
  for (const auto& handler : world.handlers()) answer(*handler->responder, 200, "ok");
  REQUIRE(world.run_until(
      [&] { return std::ranges::all_of(got, [](const auto& g) { return g->over(); }); }));
  CHECK(std::ranges::count_if(got, [](const auto& g) {
          return g->failure && g->failure->reason == FailureReason::Overloaded &&
                 !g->failure->request_seen;
        }) == 2);
}

TEST_CASE("exchange: a ticket nobody redeems gives its source up") {
  ServerOptions options;
  options.ticket_life = 50ms;
  World world(options);
  world.script = [](Scripted& s) {
    OriginResponse response;
    response.body_length = 1 << 20;
    s.responder->head(std::move(response));
  };
  // The head arrives with a ticket; the call dies in that very callback, so the ticket is never
  // used and only the cancellation or its end of life can free the source.
  Recorder got(world);
  std::unique_ptr<ExchangeCall> call;
  got.at_head = [&] { call.reset(); };
  call = world.open(world.get(), got);
  CHECK(world.run_until([&] {
    const auto handlers = world.handlers();
    return !handlers.empty() && world.locked([&] { return handlers[0]->cancelled; });
  }));
}

TEST_CASE("exchange: a thousand at once, each with its own answer") {
  World world;
  world.script = [](Scripted& s) {
    const size_t n = std::stoul(s.request->target.substr(1));
    if (n % 3 == 0) {  // some without a length, some late
      OriginResponse response;
      s.responder->head(std::move(response));
      s.responder->write(s.request->target);
      if (n % 2 == 0) s.responder->write(std::string(n * 100, 'z'));
      s.responder->end("");
    } else {
      answer(*s.responder, 200, s.request->target + std::string(n, 'y'));
    }
  };
  std::vector<std::unique_ptr<Recorder>> got;
  std::vector<std::unique_ptr<ExchangeCall>> calls;
  for (int i = 0; i < 1000; ++i) {
    got.push_back(std::make_unique<Recorder>(world));
    calls.push_back(world.open(world.get("/" + std::to_string(i)), *got.back()));
  }
  size_t over = 0;
  REQUIRE(world.run_until([&] {
    while (over < got.size() && got[over]->over()) ++over;
    return over == got.size();
  }));
  for (size_t i = 0; i < got.size(); ++i) {
    CAPTURE(i);
    REQUIRE(got[i]->ended);
    const std::string name = "/" + std::to_string(i);
    REQUIRE(got[i]->body.starts_with(name));
    const size_t more = i % 3 != 0 ? i : i % 2 == 0 ? i * 100 : 0;
    REQUIRE(got[i]->body.size() == name.size() + more);
  }
}

}  // namespace
}  // namespace atl::rpc::test
