#include "origin/sources/request_path.h"

#include <doctest/doctest.h>

#include <string>

namespace atl::origin {
namespace {

TEST_CASE("request path: what is served and what is not") {
  struct Row {
    std::string target;
    const char* relative;  // null: refused
    bool directory = false;
    PathProblem problem = PathProblem::Malformed;
  };
  for (const Row& row : {
           Row{"/", ".", true},
           Row{"/a/b.html", "a/b.html"},
           Row{"/a/", "a", true},
           Row{"/a%20b/%C3%A9.txt?x=/../y", "a b/\xc3\xa9.txt"},
           Row{"/...", "..."},
           Row{"/..a/b..", "..a/b.."},
           Row{"/%2541", "%41"},  // decoded once
           Row{"/a+b", "a+b"},
           Row{"/a\\b", "a\\b"},
           Row{"/.."},
           Row{"/../etc/passwd"},
           Row{"/a/../../b"},
           Row{"/%2e%2e/x"},
           Row{"/%2E./x"},
           Row{"/./a"},
           Row{"/a/."},
           Row{"/a%2fb"},
           Row{"/a%2Fb"},
           Row{"/a%00"},
           Row{"/%"},
           Row{"/%4"},
           Row{"/%zz"},
           Row{"/a%4"},
           Row{"//a", nullptr, false, PathProblem::NotAPath},
           Row{"/a//b", "a/b"},
           Row{"/a///", "a", true},
           Row{"/a//../b", nullptr, false, PathProblem::Malformed},
           Row{"//evil.example/..", nullptr, false, PathProblem::NotAPath},
           Row{"*", nullptr, false, PathProblem::NotAPath},
           Row{"/" + std::string(256, 'a'), nullptr, false, PathProblem::NotAPath},
       }) {
    CAPTURE(row.target);
    const auto path = parse_request_path(row.target);
    if (row.relative == nullptr) {
      REQUIRE(!path);
      CHECK(path.error() == row.problem);
      continue;
    }
    REQUIRE(path);
    CHECK(path->relative == row.relative);
    CHECK(path->directory == row.directory);
  }
  std::string deep;
  for (int i = 0; i < 3000; ++i) deep += "/a";
  CHECK(!parse_request_path(deep));
}

TEST_CASE("request path: the query is kept apart") {
  const auto path = parse_request_path("/a?b=c&d");
  REQUIRE(path);
  CHECK(path->path == "/a");
  CHECK(path->query == "?b=c&d");
  CHECK(query_value("?size=1&ttl=2", "size") == "1");
  CHECK(query_value("?size=1&ttl=2", "ttl") == "2");
  CHECK(query_value("?resize=1", "size").data() == nullptr);
  CHECK(query_value("", "size").data() == nullptr);
  CHECK(query_value("?size=", "size").empty());
}

}  // namespace
}  // namespace atl::origin
