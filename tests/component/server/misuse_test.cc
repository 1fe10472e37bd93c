// An application that breaks its contract is a bug: it aborts where assertions are on, and
// elsewhere costs its connection and nothing more. Each case runs in a process of its own.

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/check.h"
#include "lib/base/clock.h"
#include "lib/server/connection_set.h"
#include "tests/support/memory_stream.h"

namespace atl::server::testing {
namespace {

constexpr std::array<std::string_view, 1> kOk = {"HTTP/1.1 200 OK\r\n"};
constexpr std::array<std::string_view, 1> kBody = {"hello"};

class Misbehaving final : public Application {
 public:
  explicit Misbehaving(std::function<void(Responder&)> act) : act_(std::move(act)) {}
  std::unique_ptr<Handler> on_request(const http::RequestHead&, Responder& responder) override {
    act_(responder);
    return nullptr;
  }
  void on_refused(uint16_t, const char*) override {}

 private:
  std::function<void(Responder&)> act_;
};

// 0: the bug was counted, the connection ended, no exchange is left.
int outcome(const std::function<void(Responder&)>& act, bool ends) {
  Misbehaving app(act);
  const ManualClock clock;
  atl::testing::MemoryPeer peer;
  ConnectionSet set(app, {}, clock, {});
  set.adopt(peer.stream());
  peer.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  set.end_turn();
  const bool ended = peer.saw_fin() || peer.saw_reset();
  return bugs_reported() == 1 && ended == ends && set.statistics().in_flight == 0 ? 0 : 1;
}

TEST_CASE("misuse: aborts or costs the connection") {
  struct Row {
    const char* what;
    std::function<void(Responder&)> act;
    bool ends = true;
  };
  const std::array<Row, 7> rows = {{
      {"no answer", [](Responder&) {}},
      {"half an answer", [](Responder& r) { r.begin(kOk, {.length = 5}); }},
      {"a body longer than announced",
       [](Responder& r) { r.respond(kOk, kBody, {.length = 3}, {}); }},
      {"a body shorter than announced",
       [](Responder& r) { r.respond(kOk, kBody, {.length = 9}, {}); }},
      {"a piece too many",
       [](Responder& r) {
         r.begin(kOk, {.length = 5});
         r.write("hello", {});
         r.write("!", {});
       }},
      {"an end without a head", [](Responder& r) { r.finish({}); }},
      {"two answers",
       [](Responder& r) {
         r.respond(kOk, kBody, {.length = 5}, {});
         r.respond(kOk, kBody, {.length = 5}, {});
       },
       false},
  }};
  for (const Row& row : rows) {
    CAPTURE(std::string(row.what));
    std::fflush(nullptr);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      std::signal(SIGABRT, SIG_DFL);  // doctest's would report it as a failed test
      static_cast<void>(std::freopen("/dev/null", "w", stdout));  // the report of the bug
      _exit(outcome(row.act, row.ends));
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
#ifdef NDEBUG
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
#else
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGABRT);
#endif
  }
}

}  // namespace
}  // namespace atl::server::testing
