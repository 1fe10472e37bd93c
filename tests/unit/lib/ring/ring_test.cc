#include "lib/ring/ring.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace atl::ring {
namespace {

std::vector<std::string> names(size_t count) {
  std::vector<std::string> out;
  for (size_t i = 0; i < count; ++i) out.push_back("node-" + std::to_string(i));
  return out;
}

uint64_t key(size_t i) { return hash("http://www.example.org/object/" + std::to_string(i)); }

constexpr size_t kKeys = 100'000;

TEST_CASE("ring: every node of a PoP decides alike, in whatever order it heard the names") {
  std::vector<std::string> some = names(7);
  const Ring first(some);
  std::mt19937 random(1);
  for (int i = 0; i < 10; ++i) {
    std::shuffle(some.begin(), some.end(), random);
    some.push_back(some.front());
    const Ring again(some);
    REQUIRE(again.size() == 7);
    for (size_t k = 0; k < 100; ++k) CHECK(again.owner(key(k)) == first.owner(key(k)));
    some.pop_back();
  }
  CHECK(first.find("node-3") == 3);
  CHECK(first.find("node-9") == first.size());
}

TEST_CASE("ring: the hash is the same everywhere and for ever") {
  CHECK(hash("") == 0x2d06800538d394c2ULL);
  CHECK(Ring(names(3)).owner(hash("/a")) == Ring(names(3)).owner(hash("/a")));
}

TEST_CASE("ring: keys are spread evenly") {
  for (const size_t nodes : {2, 3, 6, 16, 50}) {
    CAPTURE(nodes);
    const Ring ring(names(nodes));
    std::vector<size_t> count(nodes);
    for (size_t i = 0; i < kKeys; ++i) ++count[ring.owner(key(i))];
    const double mean = static_cast<double>(kKeys) / static_cast<double>(nodes);
    // As balls thrown at random: within five standard deviations.
    for (const size_t each : count) {
      CHECK(std::abs(static_cast<double>(each) - mean) < 5 * std::sqrt(mean));
    }
  }
}

TEST_CASE("ring: when a node goes, its keys move, to all the others alike, and no other key does") {
  const size_t nodes = 8;
  const Ring before(names(nodes));
  std::vector<std::string> left = names(nodes);
  left.erase(left.begin() + 3);
  const Ring after(left);
  size_t moved = 0;
  std::vector<size_t> heirs(after.size());
  std::vector<uint32_t> order;
  for (size_t i = 0; i < kKeys; ++i) {
    const size_t old = before.owner(key(i));
    const size_t now = after.owner(key(i));
    if (old != 3) {
      REQUIRE(after.name(now) == before.name(old));
      continue;
    }
    ++moved;
    ++heirs[now];
    // Who skips the dead node without a new ring comes to the same one.
    before.order(key(i), order);
    REQUIRE(order[0] == 3);
    REQUIRE(before.name(order[1]) == after.name(now));
  }
  CHECK(moved > kKeys / nodes * 9 / 10);
  CHECK(moved < kKeys / nodes * 11 / 10);
  for (const size_t each : heirs) CHECK(each > moved / heirs.size() * 8 / 10);
}

TEST_CASE("ring: the order begins with the owner and holds everybody once") {
  const Ring ring(names(9));
  std::vector<uint32_t> order;
  for (size_t i = 0; i < 1000; ++i) {
    ring.order(key(i), order);
    REQUIRE(order.size() == 9);
    REQUIRE(order[0] == ring.owner(key(i)));
    std::sort(order.begin(), order.end());
    for (uint32_t n = 0; n < 9; ++n) REQUIRE(order[n] == n);
  }
}

TEST_CASE("load bound: the mean and its slack, rounded up, and never below one") {
  CHECK(load_bound(0, 4, {.slack_percent = 25}) == 1);
  CHECK(load_bound(1, 4, {.slack_percent = 25}) == 1);
  CHECK(load_bound(4, 4, {.slack_percent = 25}) == 2);
  CHECK(load_bound(100, 4, {.slack_percent = 0}) == 25);
  CHECK(load_bound(101, 4, {.slack_percent = 0}) == 26);
  CHECK(load_bound(100, 4, {.slack_percent = 25}) == 32);
  CHECK(load_bound(100, 0, {.slack_percent = 25}) == 1);
  CHECK(load_bound(100, 4, {.slack_percent = 25, .at_least = 64}) == 64);
}

TEST_CASE("choice: loads stay within the bound even if every key is of one owner") {
  const size_t nodes = 5;
  const Ring ring(names(nodes));
  std::vector<uint32_t> order;
  ring.order(key(0), order);
  std::vector<uint64_t> loads(nodes);
  for (uint64_t total = 1; total <= 10'000; ++total) {
    const Choice choice = choose(order, loads, {});
    REQUIRE_FALSE(choice.none);
    ++loads[choice.node];
    REQUIRE(loads[choice.node] <= load_bound(total, nodes, {.slack_percent = 25}));
  }
  CHECK(loads[order[0]] == 2500);
  CHECK(*std::max_element(loads.begin(), loads.end()) == 2500);
}

TEST_CASE("choice: with spread keys nearly everything stays with its owner") {
  const size_t nodes = 6;
  const Ring ring(names(nodes));
  std::vector<uint32_t> order;
  std::vector<uint64_t> loads(nodes);
  size_t with_owner = 0;
  for (size_t i = 0; i < kKeys; ++i) {
    ring.order(key(i), order);
    const Choice choice = choose(order, loads, {});
    ++loads[choice.node];
    with_owner += choice.owner ? 1 : 0;
  }
  CHECK(with_owner > kKeys * 99 / 100);
}

TEST_CASE("choice: a load below what is worth moving a key for stays with the owner") {
  const Ring ring(names(6));
  std::vector<uint32_t> order;
  ring.order(key(0), order);
  std::vector<uint64_t> loads(6);
  for (int i = 0; i < 64; ++i) {
    const Choice choice = choose(order, loads, {.slack_percent = 25, .at_least = 64});
    REQUIRE(choice.owner);
    ++loads[choice.node];
  }
  CHECK(choose(order, loads, {.slack_percent = 25, .at_least = 64}).node == order[1]);
}

TEST_CASE("choice: who is not there is passed over, and the next one counts as owner") {
  const Ring ring(names(3));
  std::vector<uint32_t> order;
  ring.order(key(1), order);
  std::vector<uint64_t> loads{0, 0, 0};
  loads[order[0]] = kNotThere;
  const Choice next = choose(order, loads, {});
  CHECK(next.node == order[1]);
  CHECK(next.owner);
  loads.assign(3, kNotThere);
  CHECK(choose(order, loads, {}).none);
}

}  // namespace
}  // namespace atl::ring
