#include "origin/sources/group.h"

#include <doctest/doctest.h>

#include <functional>
#include <string>

#include "tests/unit/origin/fake_responder.h"

namespace atl::origin::test {
namespace {

using rpc::FailureReason;

// Answers as the test says, inside open().
class ScriptedSource final : public Source {
 public:
  struct Handler final : rpc::ExchangeHandler {
    void on_writable() override { ++writable; }
    void on_body(std::string piece) override { body += piece; }
    void on_body_end(std::string) override { ended = true; }
    void on_cancel() override { cancelled = true; }
    int writable = 0;
    std::string body;
    bool ended = false;
    bool cancelled = false;
  };
  using Script = std::function<void(rpc::ExchangeResponder&)>;

  explicit ScriptedSource(Script with) : script(std::move(with)) {}
  std::shared_ptr<rpc::ExchangeHandler> open(
      std::shared_ptr<const rpc::OriginRequest>,
      std::shared_ptr<rpc::ExchangeResponder> responder) override {
    ++asked;
    handler = std::make_shared<Handler>();
    if (script) script(*responder);
    last = responder;
    return handler;
  }
  std::string_view type() const override { return "scripted"; }
  Readiness readiness() const override { return {ready, ready ? "" : "away"}; }

  Script script;
  int asked = 0;
  bool ready = true;
  std::shared_ptr<Handler> handler;
  std::shared_ptr<rpc::ExchangeResponder> last;
};

ScriptedSource::Script answers(uint16_t status, std::string body) {
  return [=](rpc::ExchangeResponder& r) {
    rpc::OriginResponse response;
    response.status = status;
    r.head(std::move(response));
    r.write(body);
    r.end("");
  };
}
ScriptedSource::Script fails(FailureReason reason, bool seen) {
  return [=](rpc::ExchangeResponder& r) { r.fail({reason, seen, "scripted"}); };
}

struct Trio {
  Trio(ScriptedSource::Script a, ScriptedSource::Script b)
      : first(std::move(a)),
        second(std::move(b)),
        group(make_group_source({{"first", &first}, {"second", &second}}, {500, 502, 503, 504})) {}
  ScriptedSource first, second;
  std::unique_ptr<Source> group;
};

TEST_CASE("group: the next member answers when one fails before its head") {
  struct Row {
    const char* what;
    ScriptedSource::Script first;
    const char* method;
    std::optional<uint64_t> body_length;
    bool second_asked;
  };
  for (const Row& row : {
           Row{"refused", fails(FailureReason::ConnectRefused, false), "GET", 0, true},
           Row{"refused, POST", fails(FailureReason::ConnectRefused, false), "POST", 0, true},
           Row{"refused, body unread", fails(FailureReason::ConnectRefused, false), "POST", 9,
               true},
           Row{"seen, GET", fails(FailureReason::HeadTimeout, true), "GET", 0, true},
           Row{"seen, DELETE", fails(FailureReason::Reset, true), "DELETE", 0, true},
           Row{"seen, POST", fails(FailureReason::Reset, true), "POST", 0, false},
           Row{"seen, PATCH", fails(FailureReason::HeadTimeout, true), "PATCH", 0, false},
           Row{"seen, PUT with a body", fails(FailureReason::Reset, true), "PUT", 9, false},
           Row{"503", answers(503, "busy"), "GET", 0, true},
           Row{"503, POST", answers(503, "busy"), "POST", 0, false},
           Row{"404 is an answer", answers(404, "none"), "GET", 0, false},
       }) {
    CAPTURE(row.what);
    Trio trio(row.first, answers(200, "second"));
    auto request = request_for(row.method, "/");
    request->body_length = row.body_length;
    const auto got = ask(*trio.group, request);
    CHECK(trio.first.asked == 1);
    CHECK(trio.second.asked == (row.second_asked ? 1 : 0));
    CHECK(got->last_calls == 1);
    if (row.second_asked) {
      CHECK(got->body == "second");
      CHECK(got->response.answered_by == "second");
      CHECK(got->heads == 1);
    }
  }
}

TEST_CASE("group: the last member's answer stands, whatever it is") {
  Trio both_busy(answers(503, "one"), answers(503, "two"));
  CHECK(ask(*both_busy.group, request_for("GET", "/"))->body == "two");
  Trio both_gone(fails(FailureReason::ConnectRefused, false),
                 fails(FailureReason::NameNotResolved, false));
  const auto got = ask(*both_gone.group, request_for("GET", "/"));
  REQUIRE(got->failure);
  CHECK(got->failure->reason == FailureReason::NameNotResolved);
}

TEST_CASE("group: after a head there is no other member") {
  Trio trio(
      [](rpc::ExchangeResponder& r) {
        r.head({});
        r.write("part");
        r.fail({FailureReason::Reset, true, "cut"});
      },
      answers(200, "second"));
  const auto got = ask(*trio.group, request_for("GET", "/"));
  CHECK(got->body == "part");
  REQUIRE(got->failure);
  CHECK(trio.second.asked == 0);
}

TEST_CASE("group: a body that was begun with cannot be put again") {
  Trio trio({}, answers(200, "second"));
  auto request = request_for("PUT", "/");
  request->body_length = 9;
  auto responder = std::make_shared<FakeResponder>();
  const auto handler = trio.group->open(request, responder);
  trio.first.last->read_body();
  CHECK(responder->body_reads == 1);
  handler->on_body("piece");
  CHECK(trio.first.handler->body == "piece");
  trio.first.last->fail({FailureReason::ConnectRefused, false, "late"});
  CHECK(trio.second.asked == 0);
  CHECK(responder->failure);
}

TEST_CASE("group: what a member that was left says later is ignored, and it is cancelled") {
  Trio trio({}, {});
  auto responder = std::make_shared<FakeResponder>();
  const auto handler = trio.group->open(request_for("GET", "/"), responder);
  rpc::OriginResponse busy;
  busy.status = 502;
  CHECK(!trio.first.last->head(busy));
  CHECK(trio.first.handler->cancelled);
  CHECK(trio.second.asked == 1);
  trio.first.last->write("late");
  trio.first.last->end("");
  trio.first.last->fail({});
  CHECK(responder->last_calls == 0);
  CHECK(responder->body.empty());
  handler->on_writable();
  CHECK(trio.second.handler->writable == 1);
  CHECK(trio.first.handler->writable == 0);
  handler->on_cancel();
  CHECK(trio.second.handler->cancelled);
  answers(200, "after")(*trio.second.last);
  CHECK(responder->heads == 0);
}

TEST_CASE("group: ready when a member is") {
  Trio trio({}, {});
  CHECK(trio.group->readiness().ready);
  trio.first.ready = false;
  CHECK(trio.group->readiness().ready);
  trio.second.ready = false;
  CHECK(!trio.group->readiness().ready);
  CHECK(trio.group->readiness().detail == "first: away; second: away");
}

}  // namespace
}  // namespace atl::origin::test
