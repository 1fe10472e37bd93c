#include "lib/store/redis/slot.h"

#include <doctest/doctest.h>

#include "lib/store/redis/slot_map.h"

namespace atl::store::redis {
namespace {

TEST_CASE("redis slots: as the specification and redis-server have them") {
  struct Row {
    const char* key;
    uint16_t slot;
  };
  // From the specification (0x31C3 of "123456789") and CLUSTER KEYSLOT of redis-server 7.0.15.
  for (const Row& row : {Row{"123456789", 12739}, Row{"foo", 12182}, Row{"", 0},
                         Row{"{foo}bar", 12182}, Row{"a{foo}{bar}", 12182}, Row{"{}foo", 9500},
                         Row{"{foo", 13308}, Row{"foo{{bar}}zap", 4015}}) {
    CAPTURE(row.key);
    CHECK(slot_of(row.key) == row.slot);
  }
}

TEST_CASE("redis slots: both keys of a partition are in one slot, whatever its name") {
  for (const std::string& name : {std::string("a"), std::string("}"), std::string("{"),
                                  std::string("a}b"), std::string("}{x}"), std::string("\0", 1)}) {
    const PartitionKeys keys = keys_of("atoll", name);
    CHECK(slot_of(keys.values) == slot_of(keys.order));
    CHECK(keys.values != keys.order);
  }
  CHECK(keys_of("atoll", "a}v").order != keys_of("atoll", "a").values);
}

Reply number(int64_t value) { return {.kind = Reply::Kind::Integer, .integer = value}; }
Reply text(const char* value) { return {.kind = Reply::Kind::String, .text = value}; }
Reply list(std::vector<Reply> elements) {
  return {.kind = Reply::Kind::Array, .elements = std::move(elements)};
}

TEST_CASE("redis slots: a map has masters only, and who asked stands for nameless hosts") {
  const Reply reply = list({list({number(0), number(99), list({text("h1"), number(1)}),
                                  list({text("replica"), number(9)})}),
                            list({number(100), number(16383), list({Reply{}, number(2)})})});
  auto map = SlotMap::parse(reply, "asked");
  REQUIRE(map.has_value());
  CHECK(*map->find(0) == net::Endpoint{"h1", 1});
  CHECK(*map->find(99) == net::Endpoint{"h1", 1});
  CHECK(*map->find(100) == net::Endpoint{"asked", 2});
  CHECK(map->masters().size() == 2);
  map->move(5, {"h3", 3});
  CHECK(*map->find(5) == net::Endpoint{"h3", 3});
  CHECK(*map->find(6) == net::Endpoint{"h1", 1});
  CHECK(map->masters().size() == 3);
}

TEST_CASE("redis slots: what is no map is none") {
  const Reply node = list({text("h"), number(1)});
  const std::pair<const char*, Reply> rows[] = {
      {"text", text("x")},
      {"no range", list({text("x")})},
      {"short", list({list({number(0), number(1)})})},
      {"slot too high", list({list({number(0), number(16384), node})})},
      {"negative", list({list({number(-1), number(1), node})})},
      {"backwards", list({list({number(2), number(1), node})})},
      {"twice", list({list({number(0), number(1), node}), list({number(1), number(2), node})})},
      {"port", list({list({number(0), number(1), list({text("h"), number(0)})})})},
      {"host", list({list({number(0), number(1), list({number(1), number(1)})})})},
  };
  for (const auto& [what, reply] : rows) {
    CAPTURE(what);
    CHECK_FALSE(SlotMap::parse(reply, "asked").has_value());
  }
  CHECK(SlotMap().find(0) == nullptr);
  CHECK(SlotMap::parse(list({}), "asked")->empty());
}

}  // namespace
}  // namespace atl::store::redis
