#include "lib/probe/http_probe.h"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "lib/net/tcp_listener.h"
#include "lib/probe/watch.h"

namespace atl::probe {
namespace {

using namespace std::chrono_literals;

TEST_CASE("probe: what the first bytes of an answer say, wherever they are cut off") {
  struct Row {
    std::string answer;
    bool reachable;
  };
  for (const Row& row : {Row{"HTTP/1.1 204 No Content\r\n", true}, Row{"HTTP/1.0 421 x", true},
                         Row{"HTTP/1.1 503 Service Unavailable", false},
                         Row{"HTTP/2.0 200 OK\r\n", false}, Row{"HTTP/1.1-200 OK\r\n", false},
                         Row{"HTTP/1.1 2x0 OK\r\n", false}, Row{"HTTP/1.x 200 OK\r\n", false},
                         Row{std::string("\x15\x03\x01\x00\x02\x02\x50", 7), false},
                         Row{"SSH-2.0-OpenSSH_9.2\r\n", false}}) {
    CAPTURE(row.answer);
    const auto whole = judge_answer(row.answer);
    REQUIRE(whole);
    CHECK(whole->reachable == row.reachable);
    CHECK((*whole->detail == '\0') == row.reachable);
    for (size_t length = 0; length < row.answer.size(); ++length) {
      CAPTURE(length);
      const auto part = judge_answer(std::string_view(row.answer).substr(0, length));
      if (part) CHECK(part->reachable == row.reachable);
      if (row.reachable) CHECK(part.has_value() == (length >= 12));
    }
  }
}

// A server that says one thing to everybody, or nothing.
class Scripted final : net::Stream::Reader {
 public:
  Scripted(net::Loop& loop, std::string answer) : answer_(std::move(answer)) {
    auto made = net::TcpListener::listen(loop, {"127.0.0.1", 0}, {},
                                         [this](std::unique_ptr<net::TcpStream> stream) {
                                           stream->set_reader(this);
                                           stream->start_reading();
                                           streams_.push_back(std::move(stream));
                                         });
    REQUIRE(made);
    listener_ = *std::move(made);
  }
  net::Endpoint at() const { return listener_->local_address(); }

  std::string heard;

 private:
  void on_read(net::Bytes bytes) override {
    heard += bytes;
    if (answer_.empty() || !heard.ends_with("\r\n\r\n")) return;
    const net::Bytes piece = answer_;
    streams_.back()->write({&piece, 1}, {});
  }
  void on_end() override {}
  void on_error(Error) override {}
  void on_drained() override {}

  std::string answer_;
  std::vector<std::unique_ptr<net::TcpStream>> streams_;
  std::unique_ptr<net::TcpListener> listener_;
};

TEST_CASE("watch: each server is looked at again and again, and what is wrong with it is said") {
  net::Loop loop;
  Scripted good(loop, "HTTP/1.1 204 No Content\r\n\r\n");
  Scripted ill(loop, "HTTP/1.1 500 x\r\n\r\n");
  Scripted silent(loop, "");
  net::Endpoint closed;
  {
    closed = Scripted(loop, "").at();
  }
  std::map<std::string, int> looks;
  std::map<std::string, Finding> latest;
  Watch watch(loop, [&](const std::string& name, Finding finding) {
    ++looks[name];
    latest[name] = finding;
    if (looks["good"] >= 3 && looks["ill"] >= 2 && looks["closed"] >= 2 && looks["silent"] >= 2) {
      loop.stop();
    }
  });
  watch.set({{"good", good.at()}, {"ill", ill.at()}, {"silent", silent.at()}, {"closed", closed}},
            {5ms, 20ms});
  loop.run();
  CHECK(latest["good"].reachable);
  CHECK(latest["ill"].detail == std::string("it answers with an error of its own"));
  CHECK(latest["silent"].detail == std::string("it did not answer in time"));
  CHECK_FALSE(latest["closed"].reachable);
  CHECK(good.heard.starts_with("OPTIONS * HTTP/1.1\r\nHost: "));

  // Those that are no longer targets are left alone; the others go on.
  watch.set({{"good", good.at()}}, {5ms, 20ms});
  looks.clear();
  looks["ill"] = looks["closed"] = looks["silent"] = 2;
  loop.run();
  CHECK(looks["ill"] == 2);
  CHECK(looks["good"] >= 3);
  watch.look_now("nobody");
}

}  // namespace
}  // namespace atl::probe
