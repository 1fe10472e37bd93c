#include "control-plane/geo/subnet_table.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>

namespace atl::geo {
namespace {

SubnetRule rule(const char* prefix, const char* pop) {
  return {*parse_prefix(prefix), pop, {}, ""};
}

std::string pop_of(const SubnetTable& table, const char* address) {
  const SubnetRule* found = table.find(*parse_address(address));
  return found == nullptr ? "-" : found->pop;
}

TEST_CASE("subnets: the longest prefix wins, whatever the order") {
  std::vector<SubnetRule> rules{rule("10.0.0.0/8", "a"),    rule("10.1.0.0/16", "b"),
                                rule("10.1.2.0/24", "c"),   rule("10.1.2.3", "d"),
                                rule("2001:db8::/32", "e"), rule("2001:db8:1::/48", "f"),
                                rule("0.0.0.0/0", "v4"),    rule("10.1.2.0/24", "second")};
  for (int order = 0; order < 2; ++order) {
    const SubnetTable table(rules);
    CHECK(pop_of(table, "10.9.9.9") == "a");
    CHECK(pop_of(table, "10.1.9.9") == "b");
    CHECK(pop_of(table, "10.1.2.9") == (order == 0 ? "c" : "second"));
    CHECK(pop_of(table, "10.1.2.3") == "d");
    CHECK(pop_of(table, "192.0.2.1") == "v4");
    CHECK(pop_of(table, "2001:db8:2::1") == "e");
    CHECK(pop_of(table, "2001:db8:1::1") == "f");
    CHECK(pop_of(table, "2001:db9::1") == "-");
    std::reverse(rules.begin(), rules.end());
  }
  CHECK(SubnetTable().find(*parse_address("10.0.0.1")) == nullptr);
}

TEST_CASE("subnets: agrees with trying every rule") {
  std::mt19937 random(7);
  std::vector<SubnetRule> rules;
  const auto address = [&random] {
    Address made = *parse_address("0.0.0.0");
    for (size_t i = 12; i < 16; ++i) made.bytes[i] = static_cast<uint8_t>(random() % 4);
    return made;
  };
  for (int i = 0; i < 200; ++i) {
    const auto length = static_cast<uint8_t>(96 + random() % 33);
    rules.push_back({{masked(address(), length), length}, std::to_string(i), {}, ""});
  }
  const SubnetTable table(rules);
  for (int i = 0; i < 2000; ++i) {
    const Address wanted = address();
    int longest = -1;
    for (const SubnetRule& candidate : rules) {
      if (candidate.prefix.contains(wanted))
        longest = std::max<int>(longest, candidate.prefix.length);
    }
    const SubnetRule* found = table.find(wanted);
    REQUIRE((found == nullptr ? -1 : found->prefix.length) == longest);
    if (found != nullptr) CHECK(found->prefix.contains(wanted));
  }
}

TEST_CASE("subnets: the scope is bounded by rules beside the address") {
  const SubnetTable table(
      {rule("10.0.0.0/8", "a"), rule("10.1.0.0/16", "b"), rule("10.1.0.0/24", "c")});
  struct Row {
    const char* address;
    unsigned bits;  // of IPv4
  };
  for (const Row& row : {Row{"10.128.0.1", 9},  // 10.1.0.0/16 is in the other half
                         Row{"10.1.0.9", 24}, Row{"10.1.1.9", 24}, Row{"10.1.128.9", 17},
                         Row{"10.0.0.1", 16}, Row{"11.0.0.1", 8}, Row{"192.0.2.1", 1}}) {
    CAPTURE(row.address);
    CHECK(table.scope(*parse_address(row.address)) == 96 + row.bits);
  }
  CHECK(SubnetTable().scope(*parse_address("10.0.0.1")) == 0);
}

TEST_CASE("subnets: within the scope the rule stays the same") {
  std::mt19937 random(7);
  const auto address = [&] {
    Address a = *parse_address("10.0.0.0");
    a.bytes[15] = static_cast<uint8_t>(random() & 0xff);
    return a;
  };
  for (int round = 0; round < 300; ++round) {
    std::vector<SubnetRule> rules;
    for (unsigned n = random() % 6; n > 0; --n) {
      const auto length = static_cast<uint8_t>(120 + random() % 9);
      rules.push_back({{masked(address(), length), length}, "p", {}, ""});
    }
    const SubnetTable table(rules);
    const Address asked = address();
    for (unsigned last = 0; last < 256; ++last) {
      Address other = asked;
      other.bytes[15] = static_cast<uint8_t>(last);
      if (common_bits(asked, other) >= table.scope(asked)) {
        CHECK(table.find(other) == table.find(asked));
      }
    }
  }
}

}  // namespace
}  // namespace atl::geo
