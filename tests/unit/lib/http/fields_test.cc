// Looking things up in field sections, field blocks, hop-by-hop fields, authorities.

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "lib/http/authority.h"
#include "lib/http/field_block.h"
#include "lib/http/field_lookup.h"
#include "lib/http/hop_by_hop.h"
#include "lib/http/percent.h"
#include "lib/http/status.h"

namespace atl::http {
namespace {

using namespace std::string_literals;

std::vector<std::string> members(std::string_view value) {
  std::vector<std::string> out;
  ListReader list(value);
  while (const auto member = list.next()) out.emplace_back(*member);
  return out;
}

TEST_CASE("fields: are found without regard to case, the first one first") {
  const std::vector<Field> fields = {{"Host", "a"}, {"X-A", "1"}, {"x-a", "2"}};
  CHECK(find(fields, "HOST")->value == "a");
  CHECK(find(fields, "X-a")->value == "1");
  CHECK(find(fields, "X-") == nullptr);
  CHECK(value_of(fields, "x-a") == "1");
  CHECK_FALSE(value_of(fields, "none"));
  CHECK(count(fields, "x-A") == 2);
  CHECK(count({}, "x") == 0);
}

TEST_CASE("fields: lists are split at commas that are not quoted") {
  using List = std::vector<std::string>;
  CHECK(members("") == List{});
  CHECK(members(" , ,\t,") == List{});
  CHECK(members("a") == List{"a"});
  CHECK(members(" a ,b,, c d ,") == List{"a", "b", "c d"});
  CHECK(members("a=\"x,y\", b") == List{"a=\"x,y\"", "b"});
  CHECK(members("\"a\\\",b\",c") == List{"\"a\\\",b\"", "c"});
  CHECK(members("\"never, closed") == List{"\"never, closed"});
  CHECK(members("\"ends in \\") == List{"\"ends in \\"});
}

TEST_CASE("fields: a token may be listed in any of several lines") {
  const std::vector<Field> fields = {{"Connection", "x, Close"}, {"connection", "y"}};
  CHECK(lists_token(fields, "connection", "close"));
  CHECK(lists_token(fields, "connection", "Y"));
  CHECK_FALSE(lists_token(fields, "connection", "clos"));
  CHECK_FALSE(lists_token(fields, "other", "close"));
}

TEST_CASE("field block: is split into its lines") {
  std::vector<Field> fields;
  REQUIRE(split_field_block("A: 1\r\nb:\t 2 \r\nC:\r\n", fields));
  REQUIRE(fields.size() == 3);
  CHECK(fields[0].name == "A");
  CHECK(fields[1].value == "2");
  CHECK(fields[2].value.empty());
  REQUIRE(split_field_block("", fields));
  CHECK(fields.empty());
}

TEST_CASE("field block: anything that is not plain lines is refused") {
  std::vector<Field> fields;
  for (const std::string& block :
       {"A: 1"s, "A: 1\n"s, "A: 1\r"s, "A 1\r\n"s, ": 1\r\n"s, "A : 1\r\n"s, " A: 1\r\n"s,
        "A: 1\r\n 2\r\n"s, "A: 1\n2\r\n"s, "A: 1\r2\r\n"s, "A: \0\r\n"s, "A: \x7f\r\n"s,
        "A: 1\r\n\r\n"s, "\r\n"s, "A\xe9: 1\r\n"s}) {
    CAPTURE(block);
    const auto split = split_field_block(block, fields);
    REQUIRE_FALSE(split);
    CHECK(split.error().code == Code::Invalid);
  }
  const auto many = split_field_block("A:\r\nA:\r\nA:\r\n", fields, 2);
  REQUIRE_FALSE(many);
  CHECK(many.error().code == Code::TooLarge);
}

TEST_CASE("field block: what is appended is split again") {
  std::string block;
  append_field(block, "A", "1");
  append_field(block, "B", "");
  CHECK(block == "A: 1\r\nB: \r\n");
  std::vector<Field> fields;
  REQUIRE(split_field_block(block, fields));
  CHECK(fields.size() == 2);
}

TEST_CASE("hop-by-hop: the known ones, and what Connection lists, but not what others need") {
  const std::vector<Field> fields = {{"Connection", "close, X-Mine, Host, Cache-Control"},
                                     {"connection", "x-second"}};
  for (const char* name : {"Connection", "keep-alive", "Proxy-Connection", "TE",
                           "Transfer-Encoding", "Upgrade", "x-mine", "X-SECOND"}) {
    CAPTURE(std::string(name));
    CHECK(is_hop_by_hop(name, fields));
  }
  for (const char* name : {"X-Other", "Host", "cache-control", "Content-Length", "Trailer"}) {
    CAPTURE(std::string(name));
    CHECK_FALSE(is_hop_by_hop(name, fields));
  }
}

TEST_CASE("authority: hosts with and without port") {
  struct Row {
    std::string text;
    std::string host;
  };
  for (const Row& row : std::vector<Row>{{"a", "a"},
                                         {"a.example:80", "a.example"},
                                         {"A_b-c.example.", "A_b-c.example."},
                                         {"192.0.2.1:65535", "192.0.2.1"},
                                         {"[::1]", "[::1]"},
                                         {"[2001:db8::1]:0", "[2001:db8::1]"},
                                         {"[::ffff:192.0.2.1]:80", "[::ffff:192.0.2.1]"}}) {
    CAPTURE(row.text);
    CHECK(is_authority(row.text));
    CHECK(host_of(row.text) == row.host);
  }
}

TEST_CASE("authority: everything else is none") {
  for (const std::string& text :
       {""s,       ":80"s,     "a:"s,           "a:b"s,    "a:65536"s,  "a:000080"s,
        "a:-1"s,   "a:+1"s,    "a b"s,          "a/"s,     "a?"s,       "a#"s,
        "a\\b"s,   "u@a"s,     "a,b"s,          "a%41"s,   "*"s,        "\xc3\xa9"s,
        "a\0b"s,   "["s,       "[]"s,           "[a]"s,    "[::1"s,     "::1"s,
        "[::1]x"s, "[::1]:x"s, "[::1%25eth0]"s, "[v1.a]"s, "[1.2.3.4]"s}) {
    CAPTURE(text);
    CHECK_FALSE(is_authority(text));
  }
}

TEST_CASE("percent: every sign has two digits") {
  for (const char* good : {"", "/", "%41", "/a%2fb%2F", "%00%ff"}) {
    CHECK(has_valid_percent_encoding(good));
  }
  for (const char* bad : {"%", "%4", "a%", "%g1", "%1g", "%%41", "%41%", "% 41"}) {
    CHECK_FALSE(has_valid_percent_encoding(bad));
  }
}

TEST_CASE("status: phrases of what is sent here, none for the unknown") {
  for (const uint16_t status : {200, 204, 206, 301, 304, 400, 404, 408, 413, 414,
                                416, 417, 421, 431, 500, 501, 502, 503, 504, 505}) {
    CAPTURE(status);
    CHECK_FALSE(reason_phrase(status).empty());
  }
  CHECK(reason_phrase(404) == "Not Found");
  CHECK(reason_phrase(299).empty());
  CHECK(reason_phrase(999).empty());
}

}  // namespace
}  // namespace atl::http
