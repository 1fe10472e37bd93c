#include "edge/cache/vary.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/unit/edge/cache/support.h"

using atl::cache::make_variant_key;
using atl::cache::matches_variant;
using atl::cache::VariantKey;
using atl::cache::VaryOutcome;
using atl::cache::testing::Section;

TEST_CASE("vary: which requests a stored variant answers (RFC 9111 section 4.1)") {
  struct Row {
    const char* vary;
    const char* stored;     // fields of the request that was answered
    const char* presented;  // fields of the next one
    bool match;
  };
  for (const Row& row : {
           Row{"Vary: Foo", "Foo: 1", "Foo: 1", true},
           Row{"Vary: Foo", "Foo: 1", "foo: 1", true},
           Row{"Vary: fOO", "Foo: 1", "Foo: 1", true},
           Row{"Vary: Foo", "Foo: 1", "Foo: 2", false},
           Row{"Vary: Foo", "Foo: a", "Foo: A", false},
           Row{"Vary: Foo", "Foo: 1", "", false},
           Row{"Vary: Foo", "", "Foo: 1", false},
           Row{"Vary: Foo", "", "", true},
           Row{"Vary: Foo", "Foo:", "", false},  // empty is not absent
           Row{"Vary: Foo", "Foo:", "Foo: ,", true},
           Row{"Vary: Foo", "Foo: 1\nOther: 2", "Foo: 1\nOther: 3", true},
           Row{"", "Foo: 1", "Foo: 2", true},
           Row{"Vary:", "Foo: 1", "Foo: 2", true},
           Row{"Vary: Foo, Bar", "Foo: 1\nBar: abc", "Bar: abc\nFoo: 1", true},
           Row{"Vary: Foo, Bar", "Foo: 1\nBar: abc", "Foo: 2\nBar: abc", false},
           Row{"Vary: Foo, Bar", "Foo: 1", "", false},
           Row{"Vary: Foo\nVary: Bar", "Foo: 1\nBar: 2", "Foo: 1\nBar: 3", false},
           Row{"Vary: Foo, foo, FOO", "Foo: 1", "Foo: 1", true},
           Row{"Vary: Foo, Bar, Baz", "Foo: 1\nBaz: 789", "Foo: 1\nBaz: 789", true},
           Row{"Vary: Foo, Bar, Baz", "Foo: 1\nBar: abc\nBaz: 789", "Foo: 1\nBaz: 789\nBar: abcde",
               false},
           // the value of one must not flow into the next
           Row{"Vary: Foo, Goo", "Foo: 1\nGoo: 2", "Foo: 2\nGoo: 1", false},
           Row{"Vary: Foo, Goo", "Foo: 12", "Foo: 1\nGoo: 2", false},
           // normalising what is a list
           Row{"Vary: Foo", "Foo: 1,2", "Foo:  1, 2 ", true},
           Row{"Vary: Foo", "Foo: 1, 2", "Foo: 1\nFoo: 2", true},
           Row{"Vary: Foo", "Foo: 1, 2", "Foo: 1,,2,", true},
           Row{"Vary: Foo", "Foo: 1, 2", "Foo: 2, 1", false},
           Row{"Vary: Foo", "Foo: 12", "Foo: 1 2", false},
           Row{"Vary: Foo", "Foo: \"a, b\"", "Foo: \"a,b\"", false},
           // fields with an order and a case that mean nothing
           Row{"Vary: Accept-Language", "Accept-Language: en, de", "Accept-Language: de, en", true},
           Row{"Vary: Accept-Language", "Accept-Language: en, de", "Accept-Language: eN, De", true},
           Row{"Vary: Accept-Language", "Accept-Language: en, de", "Accept-Language:  en ,   de",
               true},
           Row{"Vary: Accept-Language", "Accept-Language: en, de", "Accept-Language: en", false},
           Row{"Vary: Accept-Language", "Accept-Language: en;q=0.5", "Accept-Language: en ; q=0.5",
               true},
           Row{"Vary: Accept-Language", "Accept-Language: en;q=0.5", "Accept-Language: en;q=0.6",
               false},
           Row{"Vary: Accept-Language", "Accept-Language: en;q=1.0", "Accept-Language: en", true},
           Row{"Vary: Accept-Language", "Accept-Language: en;Q=1", "Accept-Language: en", true},
           Row{"Vary: Accept-Language", "Accept-Language: en;q=1.001", "Accept-Language: en",
               false},
           Row{"Vary: Accept-Encoding", "Accept-Encoding: gzip, br", "Accept-Encoding: br,gzip",
               true},
           Row{"Vary: Accept-Encoding", "Accept-Encoding: GZIP", "Accept-Encoding: gzip", true},
           Row{"Vary: Accept-Encoding", "Accept-Encoding: gzip", "Accept-Encoding: gzip;q=0",
               false},
           Row{"Vary: Accept-Encoding", "Accept-Encoding:", "Accept-Encoding: identity", false},
           Row{"Vary: Accept", "Accept: a/b", "Accept: A/B", false},
           // fields that are no lists
           Row{"Vary: Cookie", "Cookie: a=1, 2", "Cookie: a=1,2", false},
           Row{"Vary: User-Agent", "User-Agent: A (B, C)", "User-Agent: A (B,C)", false},
           Row{"Vary: Cookie", "Cookie: a=1", "Cookie: a=1", true},
       }) {
    CAPTURE(std::string(row.vary));
    CAPTURE(std::string(row.stored));
    CAPTURE(std::string(row.presented));
    VariantKey key;
    REQUIRE(make_variant_key(Section(row.stored), Section(row.vary), key) == VaryOutcome::Ok);
    CHECK(matches_variant(key.bytes(), Section(row.presented)) == row.match);
    CHECK(matches_variant(key.bytes(), Section(row.stored)));
  }
}

TEST_CASE("vary: a key too large for the store matches nothing instead of something") {
  const std::string four = "Foo: " + std::string(4000, 'x');
  const std::string five = "Foo: " + std::string(5000, 'x');
  VariantKey key;
  CHECK(make_variant_key(Section(four.c_str()), Section("Vary: Foo"), key) == VaryOutcome::Ok);
  CHECK(matches_variant(key.bytes(), Section(four.c_str())));
  CHECK_FALSE(matches_variant(key.bytes(), Section(five.c_str())));
  VariantKey other;
  CHECK(make_variant_key(Section(five.c_str()), Section("Vary: Foo"), other) ==
        VaryOutcome::TooLarge);
  CHECK(other.empty());
}

TEST_CASE("vary: a weighted list longer than any browser's is kept in order") {
  std::string forward = "Accept-Language: l0";
  std::string backward = "Accept-Language: l99";
  for (int i = 1; i < 100; ++i) {
    forward += ",l" + std::to_string(i);
    backward += ",l" + std::to_string(99 - i);
  }
  VariantKey key;
  REQUIRE(make_variant_key(Section(forward.c_str()), Section("Vary: Accept-Language"), key) ==
          VaryOutcome::Ok);
  CHECK(matches_variant(key.bytes(), Section(forward.c_str())));
  CHECK_FALSE(matches_variant(key.bytes(), Section(backward.c_str())));
}

TEST_CASE("vary: names of a key, sorted and lowered") {
  VariantKey key;
  REQUIRE(make_variant_key(Section("B: 1"), Section("Vary: b, A\nVary: C"), key) ==
          VaryOutcome::Ok);
  CHECK(atl::cache::variant_names(key.bytes()) == "a,b,c");
  CHECK(key.bytes() == std::string_view("a,b,c\0\0\x01"
                                        "1\0\0",
                                        11));
}
