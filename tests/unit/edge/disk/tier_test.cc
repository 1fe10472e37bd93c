#include "edge/disk/tier.h"

#include <doctest/doctest.h>

#include <future>

#include "tests/support/scratch_directory.h"
#include "tests/unit/edge/disk/support.h"

namespace atl::disk {
namespace {

using namespace std::chrono_literals;
using Kind = Rule::Kind;

struct Node {
  ScratchDirectory scratch;
  SystemClock clock;
  TierOptions options;
  std::unique_ptr<Tier> tier;

  explicit Node(size_t volumes = 1) {
    options.journal = scratch.file("purges");
    options.matchers = test_matchers();
    options.retry = 10ms;
    for (size_t i = 0; i < volumes; ++i) {
      VolumeOptions volume = small_volume(8, 256 * 1024);
      volume.path = scratch.file("volume" + std::to_string(i));
      options.volumes.push_back(volume);
    }
    start();
  }
  void start() {
    tier = nullptr;
    auto opened = Tier::open(options, clock);
    REQUIRE_MESSAGE(opened.has_value(), (opened ? "" : opened.error()));
    tier = *std::move(opened);
    tier->settle();
  }
  void put(std::string_view key, std::string_view body,
           std::string_view head = "HTTP/1.1 200 OK\r\n") {
    tier->offer(object(key, body, {}, head));
    tier->settle();
  }
  cache::Pin find(const std::string& key) {
    const auto ticket = tier->look_up(key);
    if (!ticket) return {};
    std::promise<cache::Pin> found;
    REQUIRE(tier->read(*ticket, key, any_variant,
                       [&](cache::Pin pin) { found.set_value(std::move(pin)); }));
    return found.get_future().get();
  }
  std::string get(const std::string& key) {
    const cache::Pin found = find(key);
    return found ? body_of(found) : "(none)";
  }
  void purge(const Rule& rule) {
    std::promise<bool> durable;
    tier->purge(rule, [&](Result<void> done) { durable.set_value(done.has_value()); });
    CHECK(durable.get_future().get());
  }
};

TEST_CASE("tier: objects survive a restart, over several volumes") {
  Node node(3);
  for (int i = 0; i < 100; ++i) {
    const std::string key = "key" + std::to_string(i);
    node.put(key, body_for(key, 1, 3000));
  }
  for (const bool restarted : {false, true}) {
    CAPTURE(restarted);
    if (restarted) node.start();
    for (int i = 0; i < 100; ++i) {
      const std::string key = "key" + std::to_string(i);
      CHECK(node.get(key) == body_for(key, 1, 3000));
    }
    CHECK(!node.tier->look_up("absent"));
  }
  const Tier::Statistics statistics = node.tier->statistics();
  CHECK(statistics.objects == 100);
  CHECK(statistics.hits == 100);
  CHECK(statistics.bytes_served == 300'000);
}

TEST_CASE("tier: released, it finds and promises nothing, and another one has everything") {
  Node node(2);
  for (const char* key : {"a", "b", "c", "d"}) node.put(key, body_for(key, 1, 3000));
  node.purge({.kind = Kind::Key, .value = "b"});
  CHECK_FALSE(Tier::open(node.options, node.clock));  // locked
  node.tier->offer(object("e", "queued"));
  node.tier->release();
  CHECK(!node.tier->look_up("a"));
  CHECK_FALSE(node.tier->read({}, "a", any_variant, [](auto) { FAIL("it is not read"); }));
  std::optional<Result<void>> promised;
  node.tier->purge({.kind = Kind::Key, .value = "c"}, [&](Result<void> done) { promised = done; });
  REQUIRE(promised);
  CHECK(promised->error().code == Code::Conflict);
  node.tier->forget("c");
  node.tier->offer(object("f", "too late"));
  const std::unique_ptr<Tier> old = std::move(node.tier);
  node.start();
  CHECK(node.get("a") == body_for("a", 1, 3000));
  CHECK(node.get("b") == "(none)");
  CHECK(node.get("c") == body_for("c", 1, 3000));
  CHECK(node.get("e") == "queued");
  CHECK(node.get("f") == "(none)");
  CHECK(old->statistics().volumes == 2);
  old->release();  // again
}

TEST_CASE("tier: purges of every kind hold at once and after a restart") {
  struct Row {
    const char* what;
    Rule rule;
    const char* a;  // of "hard", "soft", "live"
    const char* b;
  };
  for (const Row& row : {
           Row{"key", {.kind = Kind::Key, .value = "site/a"}, "hard", "live"},
           Row{"key, soft", {.kind = Kind::Key, .soft = true, .value = "site/a"}, "soft", "live"},
           Row{"prefix", {.kind = Kind::Prefix, .value = "site/"}, "hard", "hard"},
           Row{"host", {.kind = Kind::Host, .value = "site/b"}, "live", "hard"},
           Row{"tag", {.kind = Kind::Tag, .value = "news"}, "hard", "live"},
           Row{"tag, soft", {.kind = Kind::Tag, .soft = true, .value = "news"}, "soft", "live"},
           Row{"everything", {.value = {}}, "hard", "hard"},
           Row{"everything, soft", {.soft = true, .value = {}}, "soft", "soft"},
       }) {
    CAPTURE(row.what);
    Node node;
    node.put("site/a", "A", "HTTP/1.1 200 OK\r\nSurrogate-Key: news\r\n");
    node.put("site/b", "B");
    node.purge(row.rule);
    const auto state = [&](const char* key) -> std::string {
      const cache::Pin found = node.find(key);
      if (!found) return "hard";
      return found->meta().has(cache::Meta::kPurged) ? "soft" : "live";
    };
    for (const bool restarted : {false, true}) {
      CAPTURE(restarted);
      if (restarted) node.start();
      CHECK(state("site/a") == row.a);
      CHECK(state("site/b") == row.b);
    }
    // What comes after the purge is not concerned.
    node.put("site/a", "A2", "HTTP/1.1 200 OK\r\nSurrogate-Key: news\r\n");
    node.start();
    CHECK(state("site/a") == "live");
    CHECK(node.get("site/a") == "A2");
  }
}

TEST_CASE("tier: an invalidation holds after a restart, and is free for unknown keys") {
  Node node;
  node.put("known", "body");
  node.tier->forget("unknown");
  CHECK(node.tier->statistics().purge_rules == 0);
  node.tier->forget("known");
  CHECK(node.tier->statistics().purge_rules == 1);
  CHECK(node.get("known") == "(none)");
  node.start();
  CHECK(node.get("known") == "(none)");
}

TEST_CASE("tier: without its journal a volume is not trusted") {
  Node node;
  node.put("key", "body");
  node.tier = nullptr;
  std::filesystem::remove(node.options.journal);
  const auto refused = Tier::open(node.options, node.clock);
  REQUIRE(!refused);
  CHECK(refused.error().find("another node") != std::string::npos);
  node.options.volumes[0].put_aside = true;
  node.start();
  CHECK(node.get("key") == "(none)");
}

TEST_CASE("tier: a damaged journal means that everything was purged") {
  Node node;
  node.put("key", "body");
  node.purge({.kind = Kind::Prefix, .value = "other"});
  node.tier = nullptr;
  std::string bytes = node.scratch.read("purges");
  bytes.back() ^= 1;
  node.scratch.write("purges", bytes);
  node.start();
  CHECK(node.get("key") == "(none)");
  node.put("key", "new");
  node.start();
  CHECK(node.get("key") == "new");
}

TEST_CASE("tier: a full volume takes what was asked for before") {
  Node node;
  for (int i = 0; i < 200; ++i) {
    const std::string key = "fill" + std::to_string(i);
    node.put(key, body_for(key, 1, 20'000));
    node.put(key, body_for(key, 1, 20'000));  // admitted once: there is room, or it was seen
  }
  CHECK(node.tier->offer(object("once", "x")) == Admission::FirstTime);
  node.tier->settle();
  CHECK(node.get("once") == "(none)");
  CHECK(node.tier->offer(object("once", "x")) == Admission::Requested);
  node.tier->settle();
  CHECK(node.get("once") == "x");
  CHECK(node.tier->offer(object("once", "y")) == Admission::Update);
}

TEST_CASE("tier: a device that fails is left alone, and used again when it answers") {
  FakeDisk disk;
  Node node(2);
  node.tier = nullptr;
  node.options.open_file = [&](const std::string& path, uint64_t size) {
    return path.find("volume1") != std::string::npos ? disk.opener()(path, size)
                                                     : open_file(path, size);
  };
  node.start();
  std::vector<std::string> bad;
  std::vector<std::string> good;
  for (int i = 0; bad.size() < 8 || good.size() < 8; ++i) {
    const std::string key = "key" + std::to_string(i);
    node.put(key, key);
    const auto ticket = node.tier->look_up(key);
    REQUIRE(ticket);
    (ticket->volume == 1 ? bad : good).push_back(key);
  }
  disk.fail_reads = disk.fail_writes = true;
  for (const std::string& key : bad) CHECK(node.get(key) == "(none)");
  CHECK(node.tier->statistics().volumes_failed == 1);
  for (const std::string& key : good) CHECK(node.get(key) == key);
  node.purge({.kind = Kind::Key, .value = bad[0]});  // holds although the device cannot hear it
  disk.fail_reads = disk.fail_writes = false;
  for (int i = 0; i < 1000 && node.tier->statistics().volumes_failed != 0; ++i) {
    std::this_thread::sleep_for(10ms);  // the device's own thread looks again
  }
  REQUIRE(node.tier->statistics().volumes_failed == 0);
  CHECK(node.get(bad[0]) == "(none)");
  for (size_t i = 1; i < bad.size(); ++i) CHECK(node.get(bad[i]) == bad[i]);
}

// The file itself, until it is told to fail.
class FailingFile final : public File {
 public:
  FailingFile(std::unique_ptr<File> file, const std::atomic<bool>& failing)
      : file_(std::move(file)), failing_(failing) {}
  Result<size_t> read(uint64_t at, std::span<char> out) override { return file_->read(at, out); }
  Result<void> write(uint64_t at, std::string_view bytes) override {
    if (!failing_) return file_->write(at, bytes);
    // Half of it arrives.
    if (auto half = file_->write(at, bytes.substr(0, bytes.size() / 2)); !half) return half;
    return std::unexpected(Error{Code::Exhausted, Side::Self, true, "no space left"});
  }
  Result<void> sync() override { return file_->sync(); }

 private:
  const std::unique_ptr<File> file_;
  const std::atomic<bool>& failing_;
};

TEST_CASE("tier: a purge that cannot be written down is in force and not promised") {
  std::atomic<bool> failing = false;
  Node node;
  node.put("a", "A");
  node.put("b", "B");
  node.tier = nullptr;
  node.options.open_file = [&](const std::string& path, uint64_t size) {
    auto file = open_file(path, size);
    if (file && path == node.options.journal) {
      *file = std::make_unique<FailingFile>(*std::move(file), failing);
    }
    return file;
  };
  node.start();
  failing = true;
  std::promise<Result<void>> durable;
  node.tier->purge({.kind = Kind::Prefix, .value = "a"},
                   [&](Result<void> done) { durable.set_value(done); });
  const auto kept = durable.get_future().get();
  REQUIRE(!kept);
  CHECK(kept.error().code == Code::Exhausted);
  CHECK(node.get("a") == "(none)");
  failing = false;
  node.purge({.kind = Kind::Prefix, .value = "a"});  // over what half arrived
  node.start();
  CHECK(node.get("a") == "(none)");
  CHECK(node.get("b") == "B");
}

TEST_CASE("tier: reads beyond the queue are refused, and those that wait end with the tier") {
  Node node;
  node.put("key", "body");
  node.tier = nullptr;
  node.options.readers = 1;
  node.options.read_queue = 1;
  node.start();
  std::promise<void> go;
  std::promise<void> busy;
  auto gone = std::make_shared<int>(1);
  const auto ticket = node.tier->look_up("key");
  REQUIRE(ticket);
  REQUIRE(node.tier->read(*ticket, "key", any_variant, [&](cache::Pin) {
    busy.set_value();
    go.get_future().wait();
  }));
  busy.get_future().wait();
  REQUIRE(node.tier->read(*ticket, "key", any_variant, [gone](cache::Pin) { *gone = 2; }));
  CHECK(!node.tier->read(*ticket, "key", any_variant, [](cache::Pin) {}));
  go.set_value();
  node.tier->stop();
  CHECK(gone.use_count() == 1);
}

}  // namespace
}  // namespace atl::disk
