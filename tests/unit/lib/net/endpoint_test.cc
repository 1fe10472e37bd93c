#include "lib/net/endpoint.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace atl::net {
namespace {

TEST_CASE("endpoint: what is written is read, and written the same again") {
  struct Row {
    std::string text;
    Endpoint want;
  };
  for (const Row& row :
       std::vector<Row>{{"127.0.0.1:80", {"127.0.0.1", 80}},
                        {"localhost:0", {"localhost", 0}},
                        {"control:8001", {"control", 8001}},
                        {"edge-1.example_a.org:65535", {"edge-1.example_a.org", 65535}},
                        {"[::1]:8080", {"::1", 8080}},
                        {"[2001:db8::192.0.2.1]:1", {"2001:db8::192.0.2.1", 1}}}) {
    CAPTURE(row.text);
    const auto got = parse_endpoint(row.text);
    REQUIRE(got);
    CHECK(*got == row.want);
    CHECK(to_string(*got) == row.text);
  }
}

TEST_CASE("endpoint: everything else is refused with a sentence") {
  for (const std::string text : {"", ":80", "127.0.0.1", "127.0.0.1:", "a:65536", "a:-1", "a:+1",
                                 "a: 1", "a:1 ", "a:0x50", "::1:80", "[::1]", "[]:80", "[::1:80",
                                 "[a.example]:80", "a b:80", "a/b:80", "http://a:80"}) {
    CAPTURE(text);
    const auto got = parse_endpoint(text);
    REQUIRE_FALSE(got);
    CHECK(got.error().code == Code::Invalid);
    CHECK(std::string(got.error().detail).size() > 10);
  }
}

}  // namespace
}  // namespace atl::net
