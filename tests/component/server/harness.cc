#include "tests/component/server/harness.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <utility>

namespace atl::server::testing {
namespace {

constexpr std::array<std::string_view, 1> kOk = {"HTTP/1.1 200 OK\r\n"};

void respond_text(Responder& responder, std::string text) {
  auto owned = std::make_unique<std::string>(std::move(text));
  const std::string_view piece = *owned;
  responder.respond(kOk, {&piece, 1}, {.length = piece.size()}, hold(std::move(owned)));
}

class TestHandler : public Handler {
 public:
  TestHandler(FakeApplication& app, Responder& responder) : app_(app), responder_(responder) {
    ++app_.handlers;
  }
  ~TestHandler() override { --app_.handlers; }
  void on_body(std::string_view) override {}
  void on_body_end(std::string_view) override {}
  void on_writable() override {}
  void on_abort(Abort why) override {
    app_.aborted.push_back(why);
    std::erase(app_.waiting, &responder_);
    std::erase(app_.held, &responder_);
    if (app_.paused == &responder_) app_.paused = nullptr;
  }

 protected:
  FakeApplication& app_;
  Responder& responder_;
};

class EchoHandler final : public TestHandler {
 public:
  using TestHandler::TestHandler;
  void on_body(std::string_view bytes) override {
    app_.body.append(bytes);
    text_.append(bytes);
    if (app_.held_body == 0 || text_.size() < app_.held_body) return;
    app_.held_body = 0;
    app_.paused = &responder_;
    responder_.pause_body();
  }
  void on_body_end(std::string_view trailers) override {
    text_.append("|").append(trailers);
    respond_text(responder_, std::move(text_));
  }

 private:
  std::string text_;
};

class LargeHandler final : public TestHandler {
 public:
  LargeHandler(FakeApplication& app, Responder& responder, size_t size)
      : TestHandler(app, responder), left_(size) {
    responder_.begin(kOk, {.length = std::nullopt});
    pass();
  }
  void on_writable() override { pass(); }

 private:
  void pass() {
    static const std::string kPiece(16 * 1024, 'x');
    size_t burst = 0;
    while (left_ > 0) {
      const size_t size = std::min(left_, kPiece.size());
      left_ -= size;
      burst += size;
      app_.largest_burst = std::max(app_.largest_burst, burst);
      if (!responder_.write(std::string_view(kPiece).substr(0, size), {})) return;
    }
    responder_.finish();
  }
  size_t left_;
};

std::unique_ptr<Handler> answer_in_steps(Responder& responder, std::optional<uint64_t> length) {
  responder.begin(kOk, {.length = length});
  for (const std::string_view piece : {"one", "", "three"}) responder.write(piece, {});
  responder.finish("X-Sum: 8\r\n");
  return nullptr;
}

}  // namespace

std::unique_ptr<Handler> FakeApplication::on_request(const http::RequestHead& head,
                                                     Responder& responder) {
  requests.push_back(std::string(head.method) + " " + std::string(head.path_and_query));
  const std::string_view path = head.path_and_query.substr(0, head.path_and_query.find('?'));
  const size_t query = std::min(path.size() + 1, head.path_and_query.size());
  if (path == "/hello" || path == "/ignore") {
    respond_text(responder, "hello");
  } else if (path == "/echo") {
    responder.read_body();
    return std::make_unique<EchoHandler>(*this, responder);
  } else if (path == "/later") {
    waiting.push_back(&responder);
    return std::make_unique<TestHandler>(*this, responder);
  } else if (path == "/held") {
    const bool sized = head.path_and_query.ends_with("?5");
    responder.begin(kOk, {.length = sized ? std::optional<uint64_t>(5) : std::nullopt});
    responder.write("hello", {});
    held.push_back(&responder);
    return std::make_unique<TestHandler>(*this, responder);
  } else if (path == "/chunks") {
    return answer_in_steps(responder, std::nullopt);
  } else if (path == "/sized") {
    return answer_in_steps(responder, 8);
  } else if (path == "/large") {
    const std::string size(head.path_and_query.substr(query));
    return std::make_unique<LargeHandler>(*this, responder,
                                          std::strtoul(size.c_str(), nullptr, 10));
  } else if (path == "/fail") {
    responder.begin(kOk, {.length = 100});
    responder.write("part", {});
    responder.fail();
  } else if (path == "/fail-unanswered") {
    responder.fail();
  } else if (path == "/hints") {
    responder.inform("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n");
    respond_text(responder, "hello");
  } else if (path == "/empty" || path == "/same") {
    const std::array<std::string_view, 1> lines = {
        path == "/empty" ? "HTTP/1.1 204 No Content\r\n" : "HTTP/1.1 304 Not Modified\r\n"};
    responder.respond(lines, {}, {.length = 5, .bodiless = true}, {});
  } else {
    constexpr std::array<std::string_view, 2> kMissing = {"HTTP/1.1 4", "04 Not Found\r\n"};
    responder.respond(kMissing, {}, {}, {});
  }
  return nullptr;
}

void FakeApplication::on_refused(uint16_t status, const char*) { refused.push_back(status); }

void FakeApplication::answer_later() {
  for (Responder* responder : std::exchange(waiting, {})) respond_text(*responder, "later");
}

void FakeApplication::finish_held() {
  for (Responder* responder : std::exchange(held, {})) responder->finish();
}

void FakeApplication::fail_held() {
  for (Responder* responder : std::exchange(held, {})) responder->fail();
}

void FakeApplication::resume_body() { std::exchange(paused, nullptr)->read_body(); }

ServerHarness::ServerHarness(const Limits& limits)
    : set(app, limits, clock,
          {.wake =
               [this](ConnectionSet::Wake when) {
                 (when == ConnectionSet::Wake::TurnEnd ? turn_end_ : next_turn_) = true;
               },
           .on_closed = nullptr}) {}

ServerHarness::~ServerHarness() = default;

MemoryPeer& ServerHarness::connect() {
  peers_.push_back(std::make_unique<MemoryPeer>());
  set.adopt(peers_.back()->stream());
  settle();
  return *peers_.back();
}

void ServerHarness::send(MemoryPeer& peer, std::string_view bytes) {
  peer.send(bytes);
  settle();
}

void ServerHarness::settle() {
  do {
    if (std::exchange(turn_end_, false) || std::exchange(next_turn_, false)) set.end_turn();
    for (const auto& peer : peers_) peer->poll();
  } while (turn_end_ || next_turn_);
}

void ServerHarness::advance(std::chrono::milliseconds time) {
  const auto interval = set.sweep_interval();
  for (auto left = time; left.count() > 0; left -= interval) {
    clock.advance(std::min(left, interval));
    set.sweep(clock.mono());
    settle();
  }
}

Outcome converse(const std::vector<std::string_view>& pieces, const Limits& limits) {
  ServerHarness harness(limits);
  MemoryPeer& peer = harness.connect();
  for (const std::string_view piece : pieces) harness.send(peer, piece);
  return {.received = peer.received(),
          .fin = peer.saw_fin(),
          .reset = peer.saw_reset(),
          .requests = harness.app.requests,
          .refused = harness.app.refused,
          .body = harness.app.body};
}

std::vector<int> statuses(std::string_view bytes) {
  std::vector<int> out;
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  for (size_t at = bytes.find(kVersion); at != std::string_view::npos;
       at = bytes.find(kVersion, at + 1)) {
    int status = 0;
    const char* digits = bytes.data() + at + kVersion.size();
    if (at + kVersion.size() + 3 <= bytes.size()) std::from_chars(digits, digits + 3, status);
    out.push_back(status);
  }
  return out;
}

}  // namespace atl::server::testing
