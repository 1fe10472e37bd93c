// Both ends of a hand-over in one process, each with a loop and a thread of its own, over the real
// socket. The programs are in tests/e2e/test_handover.py.
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "edge/handover/giver.h"
#include "edge/handover/message.h"
#include "edge/handover/taker.h"
#include "tests/support/scratch_directory.h"

namespace atl::edge::handover {
namespace {

using namespace std::chrono_literals;

class FakeEstate final : public Estate {
 public:
  explicit FakeEstate(net::Loop& loop) : loop_(loop) {}
  void sockets(std::function<void(std::vector<Socket>)> told) override {
    loop_.post([told = std::move(told)] {
      std::vector<Socket> all;
      for (const char* kind : {"http", "http", "https", "admin", "of-tomorrow"}) {
        all.push_back({kind, "127.0.0.1:80", net::Descriptor(::socket(AF_INET, SOCK_STREAM, 0))});
      }
      told(std::move(all));
    });
  }
  std::string instance() override { return "i1"; }
  void release() override { note("release"); }
  void take_back() override {
    note("take back");
    loop_.stop();
  }
  void retire() override { note("retire"); }
  void hurry() override {
    note("hurry");
    loop_.stop();
  }
  void purge(const PurgeSpec& spec, std::function<void()> done) override {
    note("purge " + spec.value);
    done();
  }
  std::vector<std::string> notes() {
    const std::lock_guard lock(mutex_);
    return notes_;
  }

 private:
  void note(std::string what) {
    const std::lock_guard lock(mutex_);
    notes_.push_back(std::move(what));
  }
  net::Loop& loop_;
  std::mutex mutex_;
  std::vector<std::string> notes_;
};

struct Old {
  Old() {
    auto opened = Giver::listen(loop, path, estate);
    REQUIRE(opened);
    giver = std::move(*opened);
    thread = std::thread([this] { loop.run(); });
  }
  // When the estate has been told of the end.
  void join() { thread.join(); }

  ScratchDirectory folder;
  const std::string path = folder.file("handover");
  net::Loop loop;
  FakeEstate estate{loop};
  std::unique_ptr<Giver> giver;
  std::thread thread;
};

using Notes = std::vector<std::string>;

TEST_CASE("handover: sockets, disk, connections, in this order; purges until the end") {
  Old old;
  {
    net::Loop loop;
    auto taker = Taker::connect(loop, old.path);
    REQUIRE(taker);
    REQUIRE(*taker);
    CHECK((*taker)->instance() == "i1");
    CHECK((*taker)->take_sockets(kHttp).size() == 2);
    CHECK((*taker)->take_sockets(kHttp).empty());
    const auto tls = (*taker)->take_sockets(kHttps);
    REQUIRE(tls.size() == 1);
    CHECK(tls[0].tls);
    CHECK(tls[0].at == net::Endpoint{"127.0.0.1", 80});
    CHECK(tls[0].socket);
    CHECK((*taker)->take_sockets(kAdmin).size() == 1);
    CHECK(old.estate.notes().empty());
    REQUIRE((*taker)->prepared());
    CHECK(old.estate.notes() == Notes{"release"});
    (*taker)->serving();
    (*taker)->purge({.kind = PurgeSpec::Kind::Tag, .value = "two words"}, [&] { loop.stop(); });
    loop.run();
    CHECK(old.estate.notes() == Notes{"release", "retire", "purge two words"});
  }
  old.join();
  CHECK(old.estate.notes().back() == "hurry");
}

TEST_CASE(
    "handover: a process that goes after the disk was let go gives it back; the next one may") {
  Old old;
  {
    net::Loop loop;
    const auto taker = Taker::connect(loop, old.path);
    REQUIRE(taker);
    REQUIRE((*taker)->prepared());
  }
  old.join();
  CHECK(old.estate.notes() == Notes{"release", "take back"});
  old.thread = std::thread([&] { old.loop.run(); });
  {
    net::Loop loop;
    const auto taker = Taker::connect(loop, old.path);
    REQUIRE(taker);
    REQUIRE((*taker)->prepared());
    (*taker)->serving();
  }
  old.join();
  CHECK(old.estate.notes() == Notes{"release", "take back", "release", "retire", "hurry"});
}

TEST_CASE("handover: a second process is refused while one is at it") {
  Old old;
  {
    net::Loop loop;
    const auto first = Taker::connect(loop, old.path);
    REQUIRE(first);
    CHECK_FALSE(Taker::connect(loop, old.path));
    REQUIRE((*first)->prepared());
  }
  old.join();
}

TEST_CASE("handover: whoever speaks out of turn is hung up on, and nothing is let go") {
  Old old;
  net::Loop loop;
  for (const std::vector<std::string_view>& words : {std::vector<std::string_view>{"take 2"},
                                                     {"prepared"},
                                                     {"serving"},
                                                     {kTake, "serving"},
                                                     {kTake, kTake},
                                                     {"purge 1 0 0 x"},
                                                     {kTake, "purge 1 0 0 x"}}) {
    auto channel = net::MessageChannel::connect(loop, old.path);
    REQUIRE(channel);
    for (const std::string_view word : words) (*channel)->send(word);
    Result<net::MessageChannel::Message> message;
    do {
      message = (*channel)->receive(10s);
    } while (message);
    CHECK(message.error().code == Code::Closed);
  }
  CHECK(old.estate.notes().empty());
  old.loop.stop();
  old.join();
}

TEST_CASE("handover: with nobody there, there is nothing to take") {
  const ScratchDirectory folder;
  net::Loop loop;
  const auto taker = Taker::connect(loop, folder.file("handover"));
  REQUIRE(taker);
  CHECK(*taker == nullptr);
}

TEST_CASE("handover: a purge survives the way, whatever its value") {
  for (const PurgeSpec& spec :
       {PurgeSpec{.kind = PurgeSpec::Kind::Url, .value = "http://h/a b?c"},
        PurgeSpec{.kind = PurgeSpec::Kind::Tag, .value = " spaces  around ", .soft = true},
        PurgeSpec{.kind = PurgeSpec::Kind::Everything, .value = ""}}) {
    const auto read = parse_purge(purge_message(7, spec));
    REQUIRE(read);
    CHECK(read->number == 7);
    CHECK(read->spec.kind == spec.kind);
    CHECK(read->spec.value == spec.value);
    CHECK(read->spec.soft == spec.soft);
  }
  for (const char* wrong :
       {"", "purge", "purge 1", "purge 1 0", "purge x 0 0 v", "purge 1 9 0 v", "purge 1 0 2 v",
        "purge -1 0 0 v", "urge 1 0 0 v", "purge 99999999999999999999 0 0 v"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_purge(wrong));
  }
  CHECK(parse_purged(purged_message(7)) == 7);
  CHECK_FALSE(parse_purged("purged x"));
  CHECK_FALSE(parse_purged("purge 7"));
}

}  // namespace
}  // namespace atl::edge::handover
