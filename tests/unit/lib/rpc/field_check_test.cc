#include "lib/rpc/field_check.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace atl::rpc {
namespace {

using namespace std::string_view_literals;

TEST_CASE("field check: blocks") {
  struct Row {
    std::string_view block;
    bool valid;
  };
  for (const Row& row :
       {Row{"", true}, Row{"A: b\r\n", true}, Row{"A:\r\n", true},
        Row{"A: \xe4\tb\r\nA: c\r\n", true}, Row{"A: b", false}, Row{"A: b\n", false},
        Row{"A: b\r\n\r\n", false}, Row{"A : b\r\n", false}, Row{" A: b\r\n", false},
        Row{": b\r\n", false}, Row{"A\r\n", false}, Row{"A: b\nC: d\r\n", false},
        Row{"A: b\rC\r\n", false}, Row{"A: \0\r\n"sv, false}, Row{"A\0: b\r\n"sv, false},
        Row{"A: \x7f\r\n", false}}) {
    CAPTURE(row.block);
    CHECK(valid_field_block(row.block) == row.valid);
  }
  CHECK(!valid_field_block("A: " + std::string(kMaxFieldBlock, 'x') + "\r\n"));
  std::string many;
  for (size_t i = 0; i < kMaxFields; ++i) many += "A: b\r\n";
  CHECK(valid_field_block(many));
  CHECK(!valid_field_block(many + "A: b\r\n"));
}

TEST_CASE("field check: targets and authorities") {
  CHECK(valid_target("/"));
  CHECK(valid_target("*"));
  CHECK(valid_target("/a?b=%00"));
  for (const std::string_view bad :
       {""sv, "a"sv, "/a b"sv, "/a\r\n"sv, "/\0"sv, "/\x80"sv, "**"sv, "http://a/"sv}) {
    CAPTURE(bad);
    CHECK(!valid_target(bad));
  }
  CHECK(valid_authority(""));
  CHECK(valid_authority("[::1]:80"));
  for (const std::string_view bad : {"a b"sv, "a/b"sv, "a@b"sv, "a\r\nb"sv, "a?b"sv, "\x80"sv}) {
    CAPTURE(bad);
    CHECK(!valid_authority(bad));
  }
}

}  // namespace
}  // namespace atl::rpc
