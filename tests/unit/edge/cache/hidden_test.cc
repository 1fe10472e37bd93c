#include "edge/cache/hidden.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "edge/cache/head.h"

namespace atl::cache {
namespace {

TEST_CASE("hidden part: clients get the shown part, and the origin's head comes back") {
  const std::vector<std::string> hide{"surrogate-key", "server", "cache-control"};
  struct Row {
    const char* full;
    const char* add;
    const char* shown;
    const char* again;  // full_head()
  };
  for (const Row& row : {
           Row{"HTTP/1.1 200 OK\r\nA: 1\r\nSurrogate-Key: x y\r\nB: 2\r\nServer: z\r\n", "",
               "HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\n",
               "HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\nSurrogate-Key: x y\r\nServer: z\r\n"},
           Row{"HTTP/1.1 200 OK\r\nCache-Control: max-age=9\r\n",
               "Cache-Control: max-age=1\r\nX: y\r\n",
               "HTTP/1.1 200 OK\r\nCache-Control: max-age=1\r\nX: y\r\n",
               "HTTP/1.1 200 OK\r\nCache-Control: max-age=9\r\n"},
           Row{"HTTP/1.1 200 OK\r\nA: 1\r\n", "X: y\r\n", "HTTP/1.1 200 OK\r\nA: 1\r\nX: y\r\n",
               "HTTP/1.1 200 OK\r\nA: 1\r\n"},
           Row{"HTTP/1.1 200 OK\r\nSERVER: \r\nserver: 2\r\n", "", "HTTP/1.1 200 OK\r\n",
               "HTTP/1.1 200 OK\r\nSERVER: \r\nserver: 2\r\n"},
       }) {
    CAPTURE(row.full);
    std::string stored;
    REQUIRE(hide_lines(row.full, {hide, row.add}, stored));
    CHECK(shown_part(stored) == row.shown);
    std::string full;
    full_head(stored, full);
    CHECK(full == row.again);
  }
}

TEST_CASE("hidden part: what needs none has none") {
  const std::vector<std::string> hide{"surrogate-key"};
  std::string stored = "untouched";
  const std::string full = "HTTP/1.1 200 Surrogate-Key: no\r\nA: Surrogate-Key: 1\r\n";
  CHECK_FALSE(hide_lines(full, {hide, {}}, stored));
  CHECK(stored == "untouched");
  CHECK(shown_part(full) == full);
  full_head(full, stored);
  CHECK(stored == full);
}

TEST_CASE("hidden part: a search for a field finds what is hidden, after what is shown") {
  const std::vector<std::string> hide{"surrogate-key", "etag"};
  std::string stored;
  REQUIRE(hide_lines("HTTP/1.1 200 OK\r\nETag: \"a\"\r\nSurrogate-Key: x\r\n",
                     {hide, "ETag: \"b\"\r\n"}, stored));
  CHECK(find_in_head(stored, "Surrogate-Key") == "x");
  CHECK(find_in_head(stored, "ETag") == "\"b\"");
}

}  // namespace
}  // namespace atl::cache
