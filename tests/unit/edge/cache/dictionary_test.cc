#include "edge/cache/dictionary.h"

#include <doctest/doctest.h>

#include <string>

using atl::cache::parse_dictionary;
using Type = atl::cache::DictionaryMember::Type;

TEST_CASE("dictionary: well-formed ones (RFC 8941 section 3.2)") {
  struct Row {
    const char* text;
    size_t members;
    Type last;
  };
  for (const Row& row : {
           Row{"", 0, Type::Boolean},
           Row{"   ", 0, Type::Boolean},
           Row{"a", 1, Type::Boolean},
           Row{"a=1", 1, Type::Integer},
           Row{"a=-0", 1, Type::Integer},
           Row{"a=999999999999999", 1, Type::Integer},
           Row{"a=1.5", 1, Type::Decimal},
           Row{"a=123456789012.123", 1, Type::Decimal},
           Row{"a=\"x\"", 1, Type::String},
           Row{"a=\"\"", 1, Type::String},
           Row{"a=\"\\\"\\\\\"", 1, Type::String},
           Row{"a=tok", 1, Type::Token},
           Row{"a=*tok/x:y", 1, Type::Token},
           Row{"a=:aGk=:", 1, Type::ByteSequence},
           Row{"a=?1", 1, Type::Boolean},
           Row{"a=?0", 1, Type::Boolean},
           Row{"a=()", 1, Type::InnerList},
           Row{"a=( 1  2 )", 1, Type::InnerList},
           Row{"a=(1;x=y 2);q=1", 1, Type::InnerList},
           Row{"a;b;c=2", 1, Type::Boolean},
           Row{"a=1; b=2", 1, Type::Integer},
           Row{"a=1,b=2", 2, Type::Integer},
           Row{"a=1 , b=2", 2, Type::Integer},
           Row{"a=1\t,\tb=2", 2, Type::Integer},
           Row{"*a=1", 1, Type::Integer},
           Row{"a-b_c.d*=1", 1, Type::Integer},
           Row{"  a=1  ", 1, Type::Integer},
       }) {
    CAPTURE(std::string(row.text));
    const auto members = parse_dictionary(row.text);
    REQUIRE(members);
    CHECK(members->size() == row.members);
    if (row.members != 0) CHECK(members->back().type == row.last);
  }
}

TEST_CASE("dictionary: one malformed byte and there is nothing") {
  for (const char* text : {"A=1",
                           "1=1",
                           "-a",
                           "a=",
                           "a= 1",
                           "a =1",
                           "a=1,",
                           "a=1, ",
                           ",a",
                           "a,,b",
                           "a=1 b=2",
                           "a=\"x",
                           "a=\"\\x\"",
                           "a=\"\x7f\"",
                           "a=\"\xc3\xa4\"",
                           "a=?2",
                           "a=?",
                           "a=1.",
                           "a=.5",
                           "a=1.1234",
                           "a=1234567890123.1",
                           "a=1234567890123456",
                           "a=--1",
                           "a=-",
                           "a=(1",
                           "a=(1,2)",
                           "a=(1)2",
                           "a=:YQ",
                           "a=:Y!:",
                           "a;",
                           "a;B",
                           "a;b=",
                           "a=1;",
                           "a=&",
                           "a=@1",
                           "&&&&&",
                           "\ta=1",
                           "a=(()"}) {
    CAPTURE(std::string(text));
    CHECK_FALSE(parse_dictionary(text));
  }
}

TEST_CASE("dictionary: values") {
  const auto members = parse_dictionary("a=-42, b=\"q\\\"r\", c, d=?0, a=7");
  REQUIRE(members);
  REQUIRE(members->size() == 5);
  CHECK((*members)[0].integer == -42);
  CHECK((*members)[1].text == "q\\\"r");
  CHECK((*members)[2].boolean);
  CHECK_FALSE((*members)[3].boolean);
  CHECK((*members)[4].key == "a");
}
