#include "edge/purge.h"

#include <doctest/doctest.h>

#include <string>

namespace atl::edge {
namespace {

TEST_CASE("purge: which heads carry a tag") {
  struct Row {
    const char* fields;
    bool carries;  // "news"
  };
  for (const Row& row : {
           Row{"", false},
           Row{"Surrogate-Key: news\r\n", true},
           Row{"surrogate-key:news\r\n", true},
           Row{"Surrogate-Key: a news b\r\n", true},
           Row{"Surrogate-Key: a  \t news\r\n", true},
           Row{"Cache-Tag: a,news,b\r\n", true},
           Row{"Cache-Tag: a, news\r\n", true},
           Row{"Surrogate-Key: a\r\nSurrogate-Key: news\r\n", true},
           Row{"Content-Type: x\r\n:5\r\nSurrogate-Key: news\r\n", true},  // hidden from clients
           Row{"Surrogate-Key: newspaper old-news News\r\n", false},
           Row{"Surrogate-Key: new s\r\n", false},
           Row{"X-Surrogate-Key: news\r\n", false},
           Row{"Surrogate-Keys: news\r\n", false},
           Row{"Title: news\r\nCache-Tag: a\r\n", false},
           Row{"Title: Surrogate-Key: news\r\n", false},
       }) {
    CAPTURE(row.fields);
    const std::string head = std::string("HTTP/1.1 200 news\r\n") + row.fields;
    CHECK(purge_matchers().tag(head, "news") == row.carries);
  }
  CHECK_FALSE(purge_matchers().tag("", "news"));
  CHECK(purge_matchers().tag("HTTP/1.1 200 OK\r\nCache-Tag: news", "news"));  // cut off
}

}  // namespace
}  // namespace atl::edge
