#include "edge/routing/target.h"

#include <doctest/doctest.h>

#include "edge/routing/pattern.h"

namespace atl::edge {
namespace {

TEST_CASE("pattern: a star is any run, a question mark is one") {
  struct Row {
    const char* pattern;
    const char* text;
    bool matches;
  };
  for (const Row& row :
       {Row{"*", "", true}, Row{"*", "/a", true}, Row{"", "", true}, Row{"", "a", false},
        Row{"/a", "/a", true}, Row{"/a", "/A", false}, Row{"/a", "/ab", false},
        Row{"/a*", "/a", true}, Row{"/a?", "/a", false}, Row{"/a?", "/ab", true},
        Row{"*.png", "/x/y.png", true}, Row{"*.png", "/x.png.jpg", false},
        Row{"/a/*/c*d", "/a/b/b/cxdd", true}, Row{"**", "abc", true}, Row{"a*b*c", "aXbYc", true},
        Row{"a*b*c", "aXcYb", false}, Row{"?", "", false}, Row{"*a", "aaaab", false}}) {
    CAPTURE(row.pattern);
    CAPTURE(row.text);
    CHECK(pattern_matches(row.pattern, row.text) == row.matches);
  }
}

TEST_CASE("pattern: a hostile pair costs no more than the product of the lengths") {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "*a";
  pattern += "b";
  CHECK_FALSE(pattern_matches(pattern, std::string(20'000, 'a')));
}

TEST_CASE("target: the host of an authority") {
  struct Row {
    const char* authority;
    const char* host;
  };
  std::string scratch;
  for (const Row& row : {Row{"example.org", "example.org"}, Row{"Example.ORG:8080", "example.org"},
                         Row{"example.org.", "example.org"}, Row{"example.org.:80", "example.org"},
                         Row{"[::1]:80", "[::1]"}, Row{"[::1]", "[::1]"}, Row{"", ""},
                         Row{":80", ""}, Row{".", ""}}) {
    CAPTURE(row.authority);
    CHECK(normalise_host(row.authority, scratch) == row.host);
  }
}

TEST_CASE("target: the authority without what means nothing") {
  std::string scratch;
  CHECK(normalise_authority("A.b:80", "http", scratch) == "a.b");
  CHECK(normalise_authority("a.b:443", "http", scratch) == "a.b:443");
  CHECK(normalise_authority("a.b:443", "https", scratch) == "a.b");
  CHECK(normalise_authority("a.b:", "http", scratch) == "a.b");
}

TEST_CASE("target: a path has one spelling") {
  struct Row {
    const char* target;
    const char* path;
  };
  std::string scratch;
  for (const Row& row : {Row{"/a/b?c=/../d", "/a/b"},
                         Row{"/%41%2d%7E", "/A-~"},
                         Row{"/%2f%3f", "/%2F%3F"},
                         Row{"/%", "/%"},
                         Row{"/%4", "/%4"},
                         Row{"/%zz", "/%zz"},
                         Row{"/%4%41", "/%4A"},
                         Row{"/a/./b", "/a/b"},
                         Row{"/a/../b", "/b"},
                         Row{"/../../b", "/b"},
                         Row{"/a/..", "/"},
                         Row{"/a/.", "/a/"},
                         Row{"/a/%2e%2E/b", "/b"},
                         Row{"/a//../b", "/a/b"},
                         Row{"/..", "/"},
                         Row{"/.", "/"},
                         Row{"/...", "/..."},
                         Row{"/.a", "/.a"},
                         Row{"*", "*"},
                         Row{"", ""},
                         Row{"?q", ""}}) {
    CAPTURE(row.target);
    CHECK(normalise_path(row.target, scratch) == row.path);
  }
}

}  // namespace
}  // namespace atl::edge
