#include "edge/fetch/peer_order.h"

#include <doctest/doctest.h>

#include "edge/fetch/hot_keys.h"
#include "edge/fetch/purge_marks.h"

namespace atl::edge {
namespace {

// "fra" has three nodes and the shield "sin", which has two; "syd" has one node and nobody.
std::shared_ptr<const RouteTable> table() {
  RouteConfig config;
  config.version = 1;
  config.pops = {
      {.id = "fra", .shield = "sin", .nodes = {{"0", "f:0"}, {"1", "f:1"}, {"2", "f:2"}}},
      {.id = "sin", .shield = {}, .nodes = {{"0", "s:0"}, {"1", "s:1"}}},
      {.id = "syd", .shield = {}, .nodes = {{"0", "y:0"}}}};
  return *RouteTable::build(std::move(config));
}

struct Bench {
  std::shared_ptr<const RouteTable> routes = table();
  std::vector<std::string> down;
  std::vector<std::string> busy;

  PeerRoute choose(PeerQuestion question) const {
    return choose_peers(question, [this](const Pop& pop, std::vector<uint64_t>& out) {
      out.clear();
      for (const OriginEndpoint& peer : pop.peers) {
        const auto is_in = [&](const std::vector<std::string>& list) {
          return std::find(list.begin(), list.end(), peer.endpoint) != list.end();
        };
        out.push_back(is_in(down) ? ring::kNotThere : is_in(busy) ? 1000 : 0);
      }
    });
  }
  PeerQuestion question(std::string_view key, std::string_view node = "0") const {
    return {.routes = *routes, .pop = "fra", .node = node, .key = key};
  }
  const Pop& fra() const { return *routes->find_pop("fra"); }
  std::string owner(std::string_view key) const {
    return fra().ring.name(fra().ring.owner(ring::hash(key)));
  }
};

TEST_CASE("peer order: every node asks the owner, and the owner asks none") {
  Bench b;
  for (int i = 0; i < 100; ++i) {
    const std::string key = "/object/" + std::to_string(i);
    for (const char* node : {"0", "1", "2"}) {
      const PeerRoute route = b.choose(b.question(key, node));
      if (b.owner(key) == node) {
        CHECK(route.sibling == nullptr);
      } else {
        REQUIRE(route.sibling != nullptr);
        CHECK(route.sibling->id == "fra/" + b.owner(key));
      }
      REQUIRE(route.shield != nullptr);
      CHECK(route.shield->id.starts_with("sin/"));
    }
  }
}

TEST_CASE("peer order: who asks nobody, and who asks only the shield") {
  Bench b;
  std::string key = "/0";  // not this node's
  for (int i = 0; b.owner(key) == "0"; ++i) key = "/" + std::to_string(i);
  PeerQuestion question = b.question(key);
  CHECK(b.choose(question).sibling != nullptr);
  SUBCASE("a behaviour that does not cache") {
    question.caching = false;
    CHECK(b.choose(question).sibling == nullptr);
    CHECK(b.choose(question).shield == nullptr);
  }
  SUBCASE("what is for one client only") {
    question.shared = false;
    CHECK(b.choose(question).sibling == nullptr);
    CHECK(b.choose(question).shield != nullptr);
  }
  SUBCASE("what another edge asks") {
    question.from_peer = true;
    CHECK(b.choose(question).sibling == nullptr);
    CHECK(b.choose(question).shield != nullptr);
  }
  SUBCASE("the shield itself, and a PoP that is alone or unknown") {
    for (const char* pop : {"syd", "gru"}) {
      question.pop = pop;
      CHECK(b.choose(question).sibling == nullptr);
      CHECK(b.choose(question).shield == nullptr);
    }
    question.pop = "sin";
    CHECK(b.choose(question).shield == nullptr);
  }
}

TEST_CASE("peer order: who is down is skipped, who is overloaded hands on") {
  Bench b;
  for (int i = 0; i < 50; ++i) {
    const std::string key = "/object/" + std::to_string(i);
    std::vector<uint32_t> order;
    b.fra().ring.order(ring::hash(key), order);
    if (order[0] == 0) continue;  // ours
    const std::string owner = b.fra().peers[order[0]].endpoint;
    const OriginEndpoint* heir = order[1] == 0 ? nullptr : &b.fra().peers[order[1]];
    b.down = {owner};
    b.busy.clear();
    CHECK(b.choose(b.question(key)).sibling == heir);
    b.down.clear();
    b.busy = {owner};
    CHECK(b.choose(b.question(key)).sibling == heir);
  }
  b.down = {"f:1", "f:2", "s:0", "s:1"};
  CHECK(b.choose(b.question("/a")).sibling == nullptr);
  CHECK(b.choose(b.question("/a")).shield == nullptr);
}

TEST_CASE("routes: PoPs that contradict one another are refused") {
  struct Row {
    std::vector<PopConfig> pops;
    const char* problem;
  };
  for (const Row& row :
       {Row{{{.id = "a", .shield = "b", .nodes = {{"0", "a:1"}}},
             {.id = "b", .shield = "a", .nodes = {{"0", "b:1"}}}},
            "its shields go round in a circle"},
        Row{{{.id = "a", .shield = "b", .nodes = {}}}, "its shield \"b\" has no nodes"},
        Row{{{.id = "a", .shield = {}, .nodes = {{"0", "a:1"}, {"0", "a:2"}}}},
            "names a node twice"},
        Row{{{.id = "a", .shield = {}, .nodes = {}}, {.id = "a", .shield = {}, .nodes = {}}},
            "occurs twice"}}) {
    CAPTURE(row.problem);
    const auto built = RouteTable::build({.version = 1, .pops = row.pops});
    REQUIRE_FALSE(built);
    CHECK(built.error().front().find(row.problem) != std::string::npos);
  }
}

TEST_CASE("hot keys: the third time within memory is hot, and what is not asked for cools down") {
  HotKeys hot;
  CHECK_FALSE(hot.touch(7));
  CHECK_FALSE(hot.touch(7));
  CHECK(hot.touch(7));
  for (uint32_t i = 0; i < 2 * HotKeys::kHalveEvery; ++i) hot.touch(8);
  CHECK_FALSE(hot.touch(7));
}

TEST_CASE("purge marks: they only rise") {
  PurgeMarks marks;
  PurgeMarks::raise(marks.done, 5);
  PurgeMarks::raise(marks.done, 3);
  CHECK(marks.done == 5);
}

}  // namespace
}  // namespace atl::edge
