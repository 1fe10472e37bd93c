#include "edge/cache/surrogate_keys.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <bit>
#include <string>

namespace atl::cache {
namespace {

// With `count` keys of its own, as a site would have them.
std::string head_with(int count, int first) {
  std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nSurrogate-Key:";
  for (int i = 0; i < count; ++i) head += fmt::format(" product-{}", first + i);
  return head + "\r\nETag: \"x\"\r\n";
}

}  // namespace

TEST_CASE("a surrogate key is a whole word of a line of that name") {
  struct Row {
    const char* fields;
    const char* key;
    bool has;
  };
  for (const Row& row : {
           Row{"", "news", false},
           Row{"Surrogate-Key: news\r\n", "news", true},
           Row{"surrogate-key:news\r\n", "news", true},
           Row{"Surrogate-Key: a news b\r\n", "news", true},
           Row{"Cache-Tag: a,news,b\r\n", "news", true},
           Row{"Cache-Tag: newest,new\r\n", "new", true},  // not where it is found first
           Row{"Content-Type: x\r\n:5\r\nSurrogate-Key: news\r\n", "news", true},
           Row{"Surrogate-Key: newspaper old-news News\r\n", "news", false},
           Row{"X-Surrogate-Key: news\r\n", "news", false},
           Row{"Surrogate-Keys: news\r\n", "news", false},
           Row{"Title: news\r\nCache-Tag: a\r\n", "news", false},
           Row{"Surrogate-Key: a b c\r\n", "b c", false},
           Row{"Surrogate-Key: \r\n", "", false},
       }) {
    CAPTURE(row.fields);
    CAPTURE(row.key);
    const std::string head = std::string("HTTP/1.1 200 news\r\n") + row.fields;
    CHECK(has_surrogate_key(head, row.key) == row.has);
    if (row.has) CHECK(may_have(key_filter(head), key_bits(row.key)));
  }
}

TEST_CASE("a head without surrogate keys has an empty filter") {
  CHECK(key_filter("") == 0);
  CHECK(key_filter("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n") == 0);
  CHECK(key_filter("HTTP/1.1 200 OK\r\nSurrogate-Key: \t,  \r\n") == 0);
}

TEST_CASE("the filter finds every key and few that are not there") {
  int in_vain = 0;
  constexpr int kHeads = 1000;
  for (int i = 0; i < kHeads; ++i) {
    const std::string head = head_with(3, 10 * i);
    const KeyFilter filter = key_filter(head);
    CHECK(std::popcount(filter) >= 2);
    CHECK(std::popcount(filter) <= 6);
    for (int j = 0; j < 3; ++j) {
      CHECK(may_have(filter, key_bits(fmt::format("product-{}", 10 * i + j))));
    }
    in_vain += may_have(filter, key_bits(fmt::format("page-{}", i))) ? 1 : 0;
  }
  CHECK(in_vain < kHeads / 20);
}

}  // namespace atl::cache
