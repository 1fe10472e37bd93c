#include "lib/store/store.h"

#include <doctest/doctest.h>

namespace atl::store {
namespace {

TEST_CASE("the end of a prefix is behind all that begins with it, and nothing else") {
  struct Row {
    std::string prefix;
    std::optional<std::string> end;
  };
  for (const Row& row :
       {Row{"a", "b"}, Row{"ab", "ac"}, Row{"a\xff", "b"}, Row{"\xff", std::nullopt},
        Row{"", std::nullopt}, Row{"\x7f", "\x80"}, Row{"a\xff\xff", "b"}}) {
    CAPTURE(row.prefix);
    CHECK(end_of_prefix(row.prefix) == row.end);
  }
}

TEST_CASE("numbers are ordered as sort keys") {
  const uint64_t numbers[] = {0, 1, 255, 256, 65'535, 1ULL << 32, ~0ULL};
  std::string before;
  for (const uint64_t number : numbers) {
    const std::string bytes = format_number(number);
    CHECK(parse_number(bytes) == number);
    CHECK(before < bytes);
    before = bytes;
  }
  for (const char* bad : {"", "1234567", "123456789"}) CHECK_FALSE(parse_number(bad).has_value());
}

TEST_CASE("the rest of a range begins behind the last item, in its direction") {
  const Page page{.items = {{"b", "", Version{1}}, {"c", "", Version{1}}}, .more = true};
  const Range forward = rest_of({.partition = "p", .begin = "a", .end = "z"}, page);
  CHECK(forward.begin == std::string("c\0", 2));
  CHECK(forward.end == "z");
  const Range backward =
      rest_of({.partition = "p", .begin = "a", .end = "z", .direction = Direction::Backward}, page);
  CHECK(backward.begin == "a");
  CHECK(backward.end == "c");
}

TEST_CASE("bounds of a range may be one byte longer than a key") {
  const std::string longest = behind(std::string(kMaxSort, 'x'));
  CHECK_FALSE(problem_of(Range{.partition = "p", .begin = longest, .end = longest}).has_value());
  CHECK(problem_of(Range{.partition = "p", .begin = longest + "x"})->code == Code::TooLarge);
  CHECK(problem_of(Range{.partition = "p", .end = longest + "x"})->code == Code::TooLarge);
}

TEST_CASE("a condition on what get() told of nothing is that there is nothing") {
  CHECK(Condition::is(Version::None).kind == Condition::Kind::Absent);
  CHECK(Condition::is(Version{3}).kind == Condition::Kind::Is);
}

}  // namespace
}  // namespace atl::store
