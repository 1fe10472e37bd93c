#include <doctest/doctest.h>

#include <chrono>
#include <set>

#include "lib/store/redis/redis_store.h"
#include "lib/store/redis/slot.h"
#include "tests/component/lib/store/redis_server.h"
#include "tests/component/lib/store/suite.h"
#include "tests/support/scratch_directory.h"

namespace atl::store::testing {
namespace {

using std::chrono::milliseconds;

uint16_t slot_of_partition(const std::string& partition) {
  return redis::slot_of(redis::keys_of("atoll", partition).values);
}

// A partition in a slot of that node.
std::string partition_at(size_t node, const std::string& prefix) {
  for (int i = 0;; ++i) {
    const std::string name = prefix + std::to_string(i);
    if (RedisCluster::owner(slot_of_partition(name)) == node) return name;
  }
}

// How often the server has answered with an error of that kind.
int errors(const RedisServer& server, const std::string& kind) {
  const std::string info = server.ask({"INFO", "errorstats"});
  const std::string key = "errorstat_" + kind + ":count=";
  const size_t at = info.find(key);
  return at == std::string::npos ? 0 : std::atoi(info.c_str() + at + key.size());
}

std::unique_ptr<Store> open(net::Loop& loop, const RedisServer& seed) {
  auto store = open_redis(loop, {.mode = RedisOptions::Mode::Cluster,
                                 .endpoints = {seed.endpoint()},
                                 .timeout = milliseconds{60'000}});
  REQUIRE(store.has_value());
  return *std::move(store);
}

TEST_CASE("redis: the suite of every engine, a cluster of three") {
  const ScratchDirectory scratch;
  RedisCluster cluster(scratch);
  net::Loop loop;
  const auto store = open(loop, cluster.node(1));
  Driver driver(loop, *store);
  size_t n = 0;
  for (const SuiteCase& each : suite()) {
    CAPTURE(each.sentence);
    each.run(driver, "p" + std::to_string(n++) + "/");
  }
  for (size_t node = 0; node < 3; ++node) {
    CAPTURE(node);
    CHECK(std::stoi(cluster.node(node).ask({"DBSIZE"})) > 0);
    CHECK(errors(cluster.node(node), "MOVED") == 0);  // it knew where to go
  }
}

TEST_CASE("redis: a slot moves from one server to another under the calls") {
  const ScratchDirectory scratch;
  RedisCluster cluster(scratch);
  RedisServer& from = cluster.node(0);
  RedisServer& to = cluster.node(2);
  const std::string there = partition_at(0, "there");
  const uint16_t slot = slot_of_partition(there);
  const std::string number = std::to_string(slot);
  net::Loop loop;
  const auto store = open(loop, cluster.node(0));
  Driver driver(loop, *store);
  driver.put(there, "a", "1");

  REQUIRE(to.ask({"CLUSTER", "SETSLOT", number, "IMPORTING", cluster.id(0)}) == "OK");
  REQUIRE(from.ask({"CLUSTER", "SETSLOT", number, "MIGRATING", cluster.id(2)}) == "OK");
  // Nothing has moved yet.
  CHECK((*driver.get(there, "a"))->value == "1");
  CHECK(errors(from, "ASK") == 0);

  const auto keys = redis::keys_of("atoll", there);
  const auto migrate = [&](const std::string& key) {
    REQUIRE(from.ask({"MIGRATE", "127.0.0.1", std::to_string(to.port()), key, "0", "5000"}) ==
            "OK");
  };
  migrate(keys.values);
  // One key here, the other there: a write must wait, a read finds its key.
  std::optional<Result<Written>> held;
  store->write({there, {Change::put("b", "2", Condition::absent())}},
               [&](auto written) { held = std::move(written); });
  driver.run_until([&] { return errors(from, "TRYAGAIN") > 0; });
  CHECK_FALSE(held.has_value());
  CHECK((*driver.get(there, "a"))->value == "1");
  CHECK(errors(from, "ASK") > 0);

  migrate(keys.order);
  driver.run_until([&] { return held.has_value(); });
  REQUIRE(held->has_value());
  CHECK((*held)->applied);
  CHECK(driver.range({.partition = there})->items.size() == 2);

  CHECK(errors(from, "MOVED") == 0);
  for (RedisServer* node : {&to, &from, &cluster.node(1)})
    REQUIRE(node->ask({"CLUSTER", "SETSLOT", number, "NODE", cluster.id(2)}) == "OK");
  CHECK(driver.range({.partition = there})->items.size() == 2);
  CHECK(errors(from, "MOVED") == 1);
  driver.put(there, "c", "3");
  CHECK(errors(from, "MOVED") == 1);  // it has learnt
  CHECK(errors(to, "MOVED") == 0);
}

TEST_CASE("redis: a server of the cluster that is away stops its own partitions only") {
  const ScratchDirectory scratch;
  RedisCluster cluster(scratch, {"cluster-require-full-coverage no", "appendonly yes"});
  net::Loop loop;
  auto store =
      open_redis(loop, {.mode = RedisOptions::Mode::Cluster,
                        .endpoints = {cluster.node(0).endpoint(), cluster.node(1).endpoint()},
                        .timeout = milliseconds{400}});
  REQUIRE(store.has_value());
  Driver driver(loop, **store);
  std::vector<std::string> partitions;
  for (size_t node = 0; node < 3; ++node) {
    partitions.push_back(partition_at(node, "p"));
    driver.put(partitions.back(), "a", "1");
  }
  cluster.node(0).kill();
  const auto lost = driver.get(partitions[0], "a");
  REQUIRE_FALSE(lost.has_value());
  CHECK(lost.error().retryable);
  CHECK((*driver.get(partitions[1], "a"))->value == "1");
  driver.put(partitions[2], "b", "2");
  cluster.node(0).start();
  CHECK(driver.write_patiently({partitions[0], {Change::put("b", "2")}})->applied);
  CHECK((*driver.get(partitions[0], "a"))->value == "1");
}

}  // namespace
}  // namespace atl::store::testing
