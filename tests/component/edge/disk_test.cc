// The disk tier through the edge: what is there answers without an origin, and never wrongly.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <future>
#include <thread>

#include "edge/disk/format.h"
#include "edge/purge.h"
#include "tests/component/edge/lab.h"
#include "tests/support/scratch_directory.h"

namespace atl::test {
namespace {

constexpr std::string_view kFresh = "Cache-Control: max-age=600\r\nETag: \"v1\"\r\n";

// A disk on which one process after the other runs.
struct Machine {
  ScratchDirectory scratch;
  disk::OpenFile open_file = disk::open_file;
  std::unique_ptr<Lab> lab;

  Machine() { boot(); }
  // Ends the process in force, threads before the loop that they post to, and starts another.
  void boot() {
    shut_down();
    lab = nullptr;
    lab = std::make_unique<Lab>();
    auto tier = disk::Tier::open({.journal = scratch.file("purges"),
                                  .volumes = {{.path = scratch.file("volume"), .size = 16 << 20}},
                                  .matchers = edge::purge_matchers(),
                                  .open_file = open_file},
                                 lab->clock);
    REQUIRE_MESSAGE(tier.has_value(), (tier ? "" : tier.error()));
    lab->shared.disk = *std::move(tier);
    lab->shared.disk->settle();
    answer(kFresh, "from the origin");
  }
  ~Machine() { shut_down(); }
  void shut_down() {
    if (lab != nullptr && lab->shared.disk != nullptr) lab->shared.disk->stop();
  }
  void answer(std::string_view lines, std::string body) {
    lab->origin.on_open = [lines = std::string(lines), body](const FakeCallPtr& call) {
      call->answer(200, lines, body);
    };
  }
  // Turns of the loop until the client has its answer; the tier's threads take their time.
  void await(const std::shared_ptr<Client>& client) {
    for (int i = 0; i < 5000 && !client->done() && !client->failed(); ++i) {
      lab->bench.settle();
      std::this_thread::yield();
    }
    REQUIRE(client->done());
  }
  std::shared_ptr<Client> ask(RequestSpec spec) {
    auto client = lab->bench.request(std::move(spec));
    await(client);
    lab->shared.disk->settle();
    return client;
  }
  std::shared_ptr<Client> get(std::string path, FieldList fields = {}) {
    return ask({.path = std::move(path), .fields = std::move(fields)});
  }
  // The answer once more, from a process that has only the disk.
  void store(std::string path, std::string_view lines, std::string body, FieldList fields = {}) {
    answer(lines, std::move(body));
    get(std::move(path), std::move(fields));
    boot();
  }
  size_t opened() const { return lab->origin.opened(); }
};

TEST_CASE("disk: after a restart the first request is a hit from disk, the next one from memory") {
  Machine machine;
  const std::string body(100'000, 'x');
  machine.store("/a", kFresh, body);
  const auto first = machine.get("/a");
  CHECK(first->body() == body);
  CHECK(first->has("Cache-Status: atoll-fra; hit; ttl="));
  CHECK(first->has("; detail=disk\r\n"));
  CHECK(first->has("ETag: \"v1\"\r\n"));
  const auto second = machine.get("/a");
  CHECK(second->body() == body);
  CHECK(second->has("; hit; ttl="));
  CHECK_FALSE(second->has("detail"));
  CHECK(machine.opened() == 0);
  CHECK(machine.lab->bench.counters.hits.get() == 2);
  CHECK(machine.lab->bench.counters.disk_hits.get() == 1);
}

TEST_CASE("disk: ranges and conditions are answered from what is read") {
  Machine machine;
  machine.store("/a", kFresh, "0123456789");
  const auto part = machine.get("/a", {{"Range", "bytes=2-4"}});
  CHECK(part->status() == 206);
  CHECK(part->body() == "234");
  machine.boot();
  CHECK(machine.get("/a", {{"If-None-Match", "\"v1\""}})->status() == 304);
  CHECK(machine.opened() == 0);
}

TEST_CASE("disk: a flipped bit is fetched again") {
  Machine machine;
  machine.answer(kFresh, std::string(50'000, 'x'));
  machine.get("/a");
  machine.shut_down();
  machine.lab = nullptr;
  std::string bytes = machine.scratch.read("volume");
  bytes[disk::kSuperblockBytes + 20'000] ^= 1;
  machine.scratch.write("volume", bytes);
  machine.boot();
  machine.answer(kFresh, "new");
  CHECK(machine.get("/a")->body() == "new");
  CHECK(machine.opened() == 1);
}

TEST_CASE("disk: many who ask at once wait for one read") {
  Machine machine;
  machine.store("/a", kFresh, "body");
  std::vector<std::shared_ptr<Client>> clients;
  for (int i = 0; i < 10; ++i) clients.push_back(machine.lab->bench.get("/a"));
  clients[0]->on_end = [] {};
  for (const auto& client : clients) {
    machine.await(client);
    CHECK(client->body() == "body");
    CHECK(client->has("; hit;"));
  }
  CHECK(machine.lab->shared.disk->statistics().hits == 1);
  CHECK(machine.opened() == 0);
}

TEST_CASE("disk: who asked first may leave, the others are answered") {
  Machine machine;
  machine.store("/a", kFresh, "body");
  const auto first = machine.lab->bench.get("/a");
  const auto second = machine.lab->bench.get("/a");
  first->send();
  second->send();
  first->leave();
  machine.await(second);
  CHECK(second->body() == "body");
  CHECK(machine.opened() == 0);
}

TEST_CASE("disk: variants are told apart") {
  Machine machine;
  constexpr std::string_view kVaries = "Cache-Control: max-age=600\r\nVary: Accept-Language\r\n";
  machine.answer(kVaries, "deutsch");
  machine.get("/a", {{"Accept-Language", "de"}});
  machine.store("/a", kVaries, "english", {{"Accept-Language", "en"}});
  machine.answer(kVaries, "from the origin");
  CHECK(machine.get("/a", {{"Accept-Language", "de"}})->body() == "deutsch");
  CHECK(machine.get("/a", {{"Accept-Language", "en"}})->body() == "english");
  CHECK(machine.opened() == 0);
  CHECK(machine.get("/a", {{"Accept-Language", "fr"}})->body() == "from the origin");
}

TEST_CASE("disk: what is stale there is revalidated with its validators, and then fresh") {
  Machine machine;
  machine.store("/a", "Cache-Control: max-age=10\r\nAge: 20\r\nETag: \"v1\"\r\n", "old");
  machine.lab->origin.on_open = [](const FakeCallPtr& call) {
    REQUIRE(call->has("If-None-Match: \"v1\"\r\n"));
    call->answer(304, "Cache-Control: max-age=600\r\nETag: \"v1\"\r\n");
  };
  const auto first = machine.get("/a");
  CHECK(first->body() == "old");
  CHECK(first->has("fwd=stale; fwd-status=304"));
  CHECK(machine.opened() == 1);
  machine.boot();  // the refreshed head is on disk too
  CHECK(machine.get("/a")->has("detail=disk"));
  CHECK(machine.opened() == 0);
}

TEST_CASE("disk: what is stale there stands in for an origin that fails") {
  Machine machine;
  machine.store("/a", "Cache-Control: max-age=10\r\nAge: 20\r\nETag: \"v1\"\r\n", "old");
  machine.lab->origin.on_open = [](const FakeCallPtr& call) {
    call->fail(rpc::FailureReason::ConnectRefused, false, "refused");
  };
  CHECK(machine.get("/a")->body() == "old");
}

TEST_CASE("disk: within stale-while-revalidate it is served, and the next request revalidates") {
  Machine machine;
  machine.store("/a",
                "Cache-Control: max-age=10, stale-while-revalidate=600\r\nAge: 20\r\n"
                "ETag: \"v1\"\r\n",
                "old");
  CHECK(machine.get("/a")->body() == "old");
  CHECK(machine.opened() == 0);
  machine.answer(kFresh, "new");
  CHECK(machine.get("/a")->body() == "old");
  CHECK(machine.get("/a")->body() == "new");
  CHECK(machine.opened() == 1);
}

TEST_CASE("disk: a request whose own directives forbid it goes to the origin with validators") {
  Machine machine;
  machine.store("/a", kFresh, "old");
  machine.answer(kFresh, "new");
  CHECK(machine.get("/a", {{"Cache-Control", "no-cache"}})->body() == "new");
  CHECK(machine.opened() == 1);
  CHECK(machine.lab->origin.call(0)->has("If-None-Match: \"v1\"\r\n"));
}

TEST_CASE("disk: an unsafe request invalidates what is there, also over a restart") {
  for (const bool restarted : {false, true}) {
    CAPTURE(restarted);
    Machine machine;
    machine.store("/a", kFresh, "old");
    machine.answer("", "done");
    machine.ask({.path = "/a", .method = "DELETE"});
    if (restarted) machine.boot();
    machine.answer(kFresh, "new");
    CHECK(machine.get("/a")->body() == "new");
  }
}

TEST_CASE("disk: a purge of any kind covers it, at once and over a restart") {
  using Kind = edge::PurgeSpec::Kind;
  struct Row {
    edge::PurgeSpec spec;
    bool covers;
  };
  for (const Row& row : {Row{{Kind::Url, "http://www.example.org/a"}, true},
                         Row{{Kind::Url, "http://www.example.org/b"}, false},
                         Row{{Kind::Prefix, "http://www.example.org/*"}, true},
                         Row{{Kind::Prefix, "http://www.example.org/b*"}, false},
                         Row{{Kind::Host, "WWW.example.org"}, true},
                         Row{{Kind::Host, "x.example.net"}, false}, Row{{Kind::Tag, "news"}, true},
                         Row{{Kind::Tag, "new"}, false}, Row{{Kind::Everything, ""}, true}}) {
    for (const bool soft : {false, true}) {
      for (const bool restarted : {false, true}) {
        CAPTURE(row.spec.value);
        CAPTURE(soft);
        CAPTURE(restarted);
        Machine machine;
        machine.store("/a", "Cache-Control: max-age=600\r\nSurrogate-Key: news\r\nETag: \"v1\"\r\n",
                      "old");
        edge::PurgeSpec spec = row.spec;
        spec.soft = soft;
        std::promise<bool> durable;
        REQUIRE(edge::carry_out(spec, Lab::routes().get(), machine.lab->shared,
                                [&](Result<void> kept) { durable.set_value(kept.has_value()); }));
        CHECK(durable.get_future().get());
        if (restarted) machine.boot();
        machine.answer(kFresh, "new");
        CHECK(machine.get("/a")->body() == (row.covers ? "new" : "old"));
        CHECK(machine.opened() == (row.covers ? 1 : 0));
        if (row.covers) CHECK(machine.lab->origin.call(0)->has("If-None-Match") == soft);
      }
    }
  }
}

TEST_CASE("disk: an answer fetched before a purge is not written after it") {
  Machine machine;
  machine.lab->origin.on_open = [](const FakeCallPtr& call) { call->head(200, kFresh, 3); };
  const auto client = machine.lab->bench.get("/a");
  machine.lab->bench.settle();
  REQUIRE(edge::carry_out({}, Lab::routes().get(), machine.lab->shared));
  machine.lab->origin.call(0)->body("old");
  machine.lab->origin.call(0)->end();
  machine.await(client);
  machine.boot();
  CHECK(machine.get("/a")->body() == "from the origin");
}

// Reads hang until they are let go.
class StuckFile final : public disk::File {
 public:
  StuckFile(std::unique_ptr<disk::File> file, std::shared_future<void> go)
      : file_(std::move(file)), go_(std::move(go)) {}
  Result<size_t> read(uint64_t at, std::span<char> out) override {
    if (at > disk::kSuperblockBytes && out.size() > 100) go_.wait();
    return file_->read(at, out);
  }
  Result<void> write(uint64_t at, std::string_view bytes) override {
    return file_->write(at, bytes);
  }
  Result<void> sync() override { return file_->sync(); }

 private:
  const std::unique_ptr<disk::File> file_;
  const std::shared_future<void> go_;
};

TEST_CASE("disk: a device that hangs costs the origin a request, not the client its answer") {
  Machine machine;
  machine.answer(kFresh, "old");
  machine.get("/a");
  machine.get("/b");
  std::promise<void> go;
  const std::shared_future<void> gone = go.get_future().share();
  bool stuck = false;
  machine.open_file = [&](const std::string& path, uint64_t size) {
    auto file = disk::open_file(path, size);
    if (stuck && file && size != 0) *file = std::make_unique<StuckFile>(*std::move(file), gone);
    return file;
  };
  machine.boot();  // seals what is there, so that the next start reads no record
  stuck = true;
  machine.boot();
  machine.answer(kFresh, "new");
  const auto client = machine.lab->bench.get("/a");
  machine.lab->bench.settle();
  CHECK_FALSE(client->begun());
  machine.lab->bench.fetches->check_deadlines(machine.lab->bench.loop.now() +
                                              std::chrono::minutes{1});
  machine.await(client);
  CHECK(client->body() == "new");
  go.set_value();
  machine.lab->bench.settle();  // what the device says at last is for nobody
  CHECK(machine.get("/a")->body() == "new");
}

}  // namespace
}  // namespace atl::test
