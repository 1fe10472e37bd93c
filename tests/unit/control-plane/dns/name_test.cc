#include "control-plane/dns/name.h"

#include <doctest/doctest.h>

#include <string>

namespace atl::dns {
namespace {

TEST_CASE("names: what is one and what is none") {
  const std::string label63(63, 'a');
  struct Row {
    std::string text;
    const char* want;  // null: none
  };
  for (const Row& row :
       {Row{"www.Example.ORG", "www.example.org."}, Row{"www.example.org.", "www.example.org."},
        Row{".", "."}, Row{"", "."}, Row{"_acme-challenge.x", "_acme-challenge.x."},
        Row{"*.example", "*.example."}, Row{"www.*.example", nullptr}, Row{"a..b", nullptr},
        Row{".a", nullptr}, Row{"a..", nullptr}, Row{"a b", nullptr}, Row{"ä", nullptr},
        Row{label63, (label63 + ".").c_str()}, Row{label63 + "a", nullptr},
        Row{label63 + "." + label63 + "." + label63 + "." + label63, nullptr}}) {
    CAPTURE(row.text);
    const auto name = parse_name(row.text);
    CHECK(name.has_value() == (row.want != nullptr));
    if (name && row.text.size() < 60) CHECK(to_text(*name) == row.want);
  }
  const auto longest =
      parse_name(label63 + "." + label63 + "." + label63 + "." + std::string(61, 'b'));
  REQUIRE(longest);
  CHECK(longest->size() == 255);
  CHECK(label_count(*longest) == 4);
}

TEST_CASE("names: octets that are no text are shown as numbers") {
  CHECK(to_text(std::string_view("\3a.\1\0", 5)) == "a\\046\\001.");
}

TEST_CASE("names: within a zone means by labels, not by octets") {
  struct Row {
    const char* name;
    const char* zone;
    bool want;
  };
  for (const Row& row :
       {Row{"a.example", "example", true}, Row{"example", "example", true},
        Row{"b.a.example", "a.example", true}, Row{"ba.example", "a.example", false},
        Row{"example", "a.example", false}, Row{"x.y", "a.b", false}, Row{"anything", ".", true}}) {
    CAPTURE(row.name);
    CHECK(is_within(*parse_name(row.name), *parse_name(row.zone)) == row.want);
  }
}

}  // namespace
}  // namespace atl::dns
