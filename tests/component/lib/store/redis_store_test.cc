#include "lib/store/redis/redis_store.h"

#include <doctest/doctest.h>

#include <chrono>

#include "tests/component/lib/store/redis_server.h"
#include "tests/component/lib/store/suite.h"
#include "tests/support/scratch_directory.h"

namespace atl::store::testing {
namespace {

using std::chrono::milliseconds;

std::unique_ptr<Store> open(net::Loop& loop, RedisOptions options) {
  auto store = open_redis(loop, std::move(options));
  REQUIRE(store.has_value());
  return *std::move(store);
}

TEST_CASE("redis: the suite of every engine, one server") {
  const ScratchDirectory scratch;
  const RedisServer server(scratch, {});
  net::Loop loop;
  const auto store =
      open(loop, {.endpoints = {server.endpoint()}, .timeout = milliseconds{60'000}});
  Driver driver(loop, *store);
  size_t n = 0;
  for (const SuiteCase& each : suite()) {
    CAPTURE(each.sentence);
    each.run(driver, "p" + std::to_string(n++) + "/");
  }
  CHECK(store->problem().empty());
}

TEST_CASE("redis: options that make no sense are a sentence") {
  const net::Endpoint one{"127.0.0.1", 1};
  struct Row {
    const char* part;
    RedisOptions options;
  };
  using Mode = RedisOptions::Mode;
  const Row rows[] = {
      {"no address", {}},
      {"several addresses", {.endpoints = {one, one}}},
      {"no name of the master", {.mode = Mode::Sentinel, .endpoints = {one}, .master = ""}},
      {"a brace", {.endpoints = {one}, .prefix = "a{b"}},
      {"without a password", {.endpoints = {one}, .user = "me"}},
      {"without a password", {.endpoints = {one}, .sentinel_user = "me"}},
      {"negative", {.endpoints = {one}, .replicas = -1}},
      {"no time", {.endpoints = {one}, .timeout = milliseconds{0}}},
      {"time for replicas",
       {.endpoints = {one}, .replicas = 1, .replica_timeout = milliseconds{2000}}},
  };
  net::Loop loop;
  for (const Row& row : rows) {
    const auto store = open_redis(loop, row.options);
    REQUIRE_FALSE(store.has_value());
    CHECK(store.error().find(row.part) != std::string::npos);
  }
}

TEST_CASE("redis: stores with other prefixes have other items") {
  const ScratchDirectory scratch;
  const RedisServer server(scratch, {});
  net::Loop loop;
  const auto one = open(loop, {.endpoints = {server.endpoint()}, .prefix = "one"});
  const auto two = open(loop, {.endpoints = {server.endpoint()}, .prefix = "two"});
  const auto one_again = open(loop, {.endpoints = {server.endpoint()}, .prefix = "one"});
  Driver(loop, *one).put("p", "a", "1");
  CHECK_FALSE(Driver(loop, *two).get("p", "a")->has_value());
  CHECK((*Driver(loop, *one_again).get("p", "a"))->value == "1");
}

TEST_CASE("redis: a server that restarts is used again, with what it kept") {
  const ScratchDirectory scratch;
  RedisServer server(scratch, {"appendonly yes", "appendfsync always"});
  net::Loop loop;
  const auto store = open(loop, {.endpoints = {server.endpoint()}, .timeout = milliseconds{300}});
  Driver driver(loop, *store);
  const Version version = driver.put("p", "a", "1");

  server.kill();
  const auto gone = driver.get("p", "a");
  REQUIRE_FALSE(gone.has_value());
  CHECK(gone.error().code == Code::Closed);
  CHECK(gone.error().retryable);
  CHECK_FALSE(store->problem().empty());
  const auto unsent = driver.write({"p", {Change::put("b", "1")}});
  REQUIRE_FALSE(unsent.has_value());
  CHECK(unsent.error().retryable);  // it was never sent

  server.start();
  CHECK(driver.write_patiently({"p", {Change::put("b", "2")}})->applied);
  CHECK(**driver.get("p", "a") == Item{"a", "1", version});
  CHECK(store->problem().empty());
}

TEST_CASE("redis: a server that does not answer leaves a write open and fails a read") {
  const ScratchDirectory scratch;
  RedisServer server(scratch, {});
  net::Loop loop;
  const auto store = open(loop, {.endpoints = {server.endpoint()}, .timeout = milliseconds{300}});
  Driver driver(loop, *store);
  driver.put("p", "a", "1");
  server.pause();
  const auto write = driver.write({"p", {Change::put("a", "2")}});
  REQUIRE_FALSE(write.has_value());
  CHECK_FALSE(write.error().retryable);
  CHECK(write.error().side == Side::Upstream);
  const auto read = driver.get("p", "a");
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().retryable);
  CHECK_FALSE(store->problem().empty());
  server.carry_on();
  CHECK(driver.write_patiently({"p", {Change::put("b", "1")}})->applied);
  CHECK((*driver.get("p", "a"))->value == "2");  // this time it had arrived
}

TEST_CASE("redis: a server that forgot the scripts is told them again") {
  const ScratchDirectory scratch;
  const RedisServer server(scratch, {});
  net::Loop loop;
  const auto store = open(loop, {.endpoints = {server.endpoint()}});
  Driver driver(loop, *store);
  driver.put("p", "a", "1");
  REQUIRE(server.ask({"SCRIPT", "FLUSH"}) == "OK");
  driver.put("p", "a", "2");
  REQUIRE(server.ask({"SCRIPT", "FLUSH"}) == "OK");
  CHECK(driver.range({.partition = "p"})->items.size() == 1);
}

TEST_CASE("redis: what the server refuses is said in its terms") {
  struct Row {
    const char* what;
    std::vector<std::string> settings;
    std::string password;
    std::vector<std::string> command;
    Code code;
    const char* problem;
  };
  const Row rows[] = {
      {"no password", {"requirepass secret"}, "", {}, Code::Closed, "wants a password"},
      {"wrong password", {"requirepass secret"}, "wrong", {}, Code::Closed, "refuses the password"},
      {"password for none", {}, "secret", {}, Code::Closed, "has no password"},
      {"memory", {"maxmemory 1", "maxmemory-policy noeviction"}, "", {}, Code::Exhausted, "OOM"},
      {"replicas", {"min-replicas-to-write 1"}, "", {}, Code::Exhausted, "too few replicas"},
      {"foreign key", {}, "", {"SET", "atoll{:p}o", "x"}, Code::Internal, "WRONGTYPE"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    const ScratchDirectory scratch;
    const RedisServer server(scratch, row.settings);
    if (!row.command.empty()) REQUIRE(server.ask(row.command) == "OK");
    net::Loop loop;
    const auto store = open(
        loop,
        {.endpoints = {server.endpoint()}, .password = row.password, .timeout = milliseconds{300}});
    const auto written = Driver(loop, *store).write({"p", {Change::put("a", "1")}});
    REQUIRE_FALSE(written.has_value());
    CHECK(written.error().code == row.code);
    CHECK(store->problem().find(row.problem) != std::string::npos);
    if (row.what == std::string_view("foreign key")) {
      // It failed as a whole.
      CHECK(server.ask({"EXISTS", "atoll{:p}v"}) == "0");
    }
  }
}

TEST_CASE("redis: passwords let in, of users too") {
  const ScratchDirectory scratch;
  const RedisServer plain(scratch, {"requirepass secret"});
  const RedisServer users(scratch, {"user me on >word ~* +@all", "user default off"});
  net::Loop loop;
  const auto one = open(loop, {.endpoints = {plain.endpoint()}, .password = "secret"});
  Driver(loop, *one).put("p", "a", "1");
  const auto two = open(loop, {.endpoints = {users.endpoint()}, .user = "me", .password = "word"});
  Driver(loop, *two).put("p", "a", "1");
}

TEST_CASE("redis: a write waits for its replicas") {
  const ScratchDirectory scratch;
  RedisServer master(scratch, {"repl-diskless-sync-delay 0"});
  RedisServer replica(scratch, {"replicaof 127.0.0.1 " + std::to_string(master.port())});
  wait_for("no replica", [&] {
    return master.ask({"INFO", "replication"}).find("state=online") != std::string::npos;
  });
  net::Loop loop;
  const auto open_for = [&](milliseconds replica_timeout) {
    return open(loop, {.endpoints = {master.endpoint()},
                       .replicas = 1,
                       .replica_timeout = replica_timeout,
                       .timeout = milliseconds{20'000}});
  };
  const auto patient = open_for(milliseconds{10'000});
  Driver driver(loop, *patient);
  for (int i = 0; i < 50; ++i) {
    driver.put("p", std::to_string(i), "v");
    // It is there at once; nobody has to wait for it.
    CHECK(replica.ask({"HEXISTS", "atoll{:p}v", std::to_string(i)}) == "1");
  }
  replica.pause();
  const auto hasty = open_for(milliseconds{300});
  const auto written = Driver(loop, *hasty).write({"p", {Change::put("late", "v")}});
  REQUIRE_FALSE(written.has_value());
  CHECK(written.error().code == Code::Timeout);
  CHECK_FALSE(written.error().retryable);
  CHECK((*driver.get("p", "late"))->value == "v");  // which is why it says that it is open
  replica.carry_on();
  CHECK(driver.write({"p", {Change::put("again", "v")}})->applied);
}

TEST_CASE("redis: an answer may be the end of the store, and a store dies with its callbacks") {
  const ScratchDirectory scratch;
  const RedisServer server(scratch, {});
  for (const bool in_answer : {true, false}) {
    net::Loop loop;
    auto store = open(loop, {.endpoints = {server.endpoint()}});
    const auto witness = std::make_shared<int>(0);
    int answered = 0;
    for (int i = 0; i < 50; ++i) {
      store->write({"p", {Change::put("a", "v")}}, [&, witness](auto) {
        ++answered;
        store.reset();
        loop.stop();
      });
    }
    if (in_answer) {
      loop.run();
      CHECK(answered == 1);
    } else {
      store.reset();
      CHECK(answered == 0);
    }
    CHECK(witness.use_count() == 1);
    loop.post([&] { loop.stop(); });
    loop.run();
  }
}

}  // namespace
}  // namespace atl::store::testing
