#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <vector>

#include "lib/store/redis/redis_store.h"
#include "tests/component/lib/store/redis_server.h"
#include "tests/component/lib/store/suite.h"
#include "tests/support/scratch_directory.h"

namespace atl::store::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A master, its replica, and three Sentinels who agree.
struct Watched {
  ScratchDirectory scratch;
  RedisServer master{scratch, {"repl-diskless-sync-delay 0"}};
  RedisServer replica{scratch, {"replicaof 127.0.0.1 " + std::to_string(master.port())}};
  std::vector<std::unique_ptr<RedisServer>> sentinels;

  // `patience`: how long the master may be silent. A busy machine is silent for a while.
  explicit Watched(milliseconds patience) {
    wait_for("no replica", [&] {
      return master.ask({"INFO", "replication"}).find("state=online") != std::string::npos;
    });
    for (int i = 0; i < 3; ++i)
      sentinels.push_back(std::make_unique<RedisServer>(
          scratch,
          std::vector<std::string>{
              "sentinel monitor atoll 127.0.0.1 " + std::to_string(master.port()) + " 2",
              "sentinel down-after-milliseconds atoll " + std::to_string(patience.count()),
              "sentinel failover-timeout atoll 2000"},
          true));
    for (const auto& sentinel : sentinels)
      wait_for("the Sentinels do not find one another", [&] {
        const std::string info = sentinel->ask({"SENTINEL", "MASTER", "atoll"});
        return info.find("num-slaves\n1\n") != std::string::npos &&
               info.find("num-other-sentinels\n2\n") != std::string::npos;
      });
  }

  RedisOptions options() const {
    RedisOptions options{.mode = RedisOptions::Mode::Sentinel};
    for (const auto& sentinel : sentinels) options.endpoints.push_back(sentinel->endpoint());
    options.timeout = milliseconds{2000};
    return options;
  }
};

TEST_CASE("redis: the suite of every engine, behind Sentinels") {
  const Watched watched(milliseconds{60'000});
  net::Loop loop;
  RedisOptions options = watched.options();
  options.timeout = milliseconds{60'000};
  options.replicas = 1;
  options.replica_timeout = milliseconds{50'000};
  auto store = open_redis(loop, options);
  REQUIRE(store.has_value());
  Driver driver(loop, **store);
  size_t n = 0;
  for (const SuiteCase& each : suite()) {
    CAPTURE(each.sentence);
    each.run(driver, "p" + std::to_string(n++) + "/");
  }
}

TEST_CASE("redis: a name the Sentinels do not know is a problem that is said") {
  const Watched watched(milliseconds{60'000});
  net::Loop loop;
  RedisOptions options = watched.options();
  options.master = "another";
  options.timeout = milliseconds{300};
  auto store = open_redis(loop, options);
  REQUIRE(store.has_value());
  CHECK_FALSE(Driver(loop, **store).get("p", "a").has_value());
  CHECK((*store)->problem().find("another") != std::string::npos);
}

// A counter that goes up by conditional writes while the master is killed. What was answered is
// counted; what is open may be.
TEST_CASE("redis: the master is killed and no answered write is lost") {
  Watched watched(milliseconds{1000});
  net::Loop loop;
  RedisOptions options = watched.options();
  options.replicas = 1;
  auto opened = open_redis(loop, options);
  REQUIRE(opened.has_value());
  Driver driver(loop, **opened);

  uint64_t known = 0;
  uint64_t open = 0;
  const auto step = [&] {
    const auto found = driver.get("p", "n");
    if (!found) return false;
    const uint64_t value = *found ? *parse_number((*found)->value) : 0;
    // Nothing that was answered has gone, and nothing came from nowhere.
    CHECK(value >= known);
    CHECK(value <= known + open);
    known = value;
    open = 0;
    const Version version = *found ? (*found)->version : Version::None;
    const auto written =
        driver.write({"p", {Change::put("n", format_number(value + 1), Condition::is(version))}});
    if (written) {
      CHECK(written->applied);
      known = value + 1;
      return true;
    }
    if (!written.error().retryable) open = 1;
    return false;
  };
  for (int i = 0; i < 100; ++i) REQUIRE(step());
  CHECK(known == 100);

  // The replica that is left has none of its own, so nothing more can be confirmed by one.
  opened->reset();
  options.replicas = 0;
  opened = open_redis(loop, options);
  Driver after(loop, **opened);
  REQUIRE(after.get("p", "n").has_value());
  const auto killed = steady_clock::now();
  watched.master.kill();
  std::optional<steady_clock::time_point> back;
  for (int attempts = 0; attempts < 200 && !back; ++attempts) {
    const auto found = after.get("p", "n");
    if (!found) continue;
    CHECK(*parse_number((*found)->value) == 100);
    const auto written = after.write_patiently(
        {"p", {Change::put("n", format_number(101), Condition::is((*found)->version))}});
    if (written && written->applied) back = steady_clock::now();
  }
  REQUIRE(back.has_value());
  MESSAGE("writes again after " << std::chrono::duration_cast<milliseconds>(*back - killed).count()
                                << " ms");
  CHECK((*opened)->problem().empty());
  CHECK(watched.replica.ask({"ROLE"}).starts_with("master"));
}

TEST_CASE("redis: a master that was made a replica is left, though it answers") {
  Watched watched(milliseconds{60'000});
  net::Loop loop;
  auto store = open_redis(loop, watched.options());
  REQUIRE(store.has_value());
  Driver driver(loop, **store);
  driver.put("p", "a", "1");
  REQUIRE(watched.sentinels[0]->ask({"SENTINEL", "FAILOVER", "atoll"}) == "OK");
  // Until then it would take writes, which go with it: that is what `replicas` is for.
  driver.run_until([&] {
    return watched.replica.ask({"ROLE"}).starts_with("master") &&
           watched.master.ask({"ROLE"}).starts_with("slave");
  });
  const auto written = driver.write_patiently({"p", {Change::put("b", "2")}});
  REQUIRE(written.has_value());
  CHECK(watched.replica.ask({"HEXISTS", "atoll{:p}v", "b"}) == "1");
}

}  // namespace
}  // namespace atl::store::testing
