#include "edge/cache/invalidation.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/unit/edge/cache/support.h"

using atl::cache::invalidated_targets;
using atl::cache::RequestView;
using atl::cache::resolve_same_origin;
using atl::cache::testing::response;
using atl::cache::testing::Section;

namespace {

RequestView request_to(const char* method, const char* authority, const char* target) {
  return {.method = method,
          .fields = {},
          .scheme = "http",
          .authority = authority,
          .path_and_query = target};
}

}  // namespace

TEST_CASE("invalidation: what a response to a method invalidates (RFC 9111 section 4.4)") {
  struct Row {
    const char* method;
    uint16_t status;
    const char* fields;
    const char* want;
  };
  for (const Row& row : {
           Row{"POST", 200, "", "/a/b?c"},
           Row{"PUT", 204, "", "/a/b?c"},
           Row{"DELETE", 200, "", "/a/b?c"},
           Row{"PATCH", 200, "", "/a/b?c"},
           Row{"M-SEARCH", 200, "", "/a/b?c"},
           Row{"foo", 200, "", "/a/b?c"},
           Row{"get", 200, "", "/a/b?c"},  // methods are case-sensitive: this one is unknown
           Row{"POST", 303, "", "/a/b?c"},
           Row{"POST", 399, "", "/a/b?c"},
           Row{"POST", 400, "", ""},
           Row{"POST", 404, "", ""},
           Row{"POST", 500, "", ""},
           Row{"POST", 100, "", ""},
           Row{"GET", 200, "Location: /x", ""},
           Row{"HEAD", 200, "", ""},
           Row{"OPTIONS", 200, "", ""},
           Row{"TRACE", 200, "", ""},
           Row{"POST", 201, "Location: /x", "/a/b?c /x"},
           Row{"POST", 201, "Content-Location: /y", "/a/b?c /y"},
           Row{"POST", 201, "Location: /x\nContent-Location: /y", "/a/b?c /x /y"},
           Row{"POST", 201, "Location: /x\nContent-Location: /x", "/a/b?c /x"},
           Row{"POST", 201, "Location: /a/b?c", "/a/b?c"},
           Row{"POST", 201, "Location: http://evil.example/x", "/a/b?c"},
           Row{"POST", 201, "Location: //evil.example/x", "/a/b?c"},
           Row{"POST", 500, "Location: /x", ""},
       }) {
    CAPTURE(std::string(row.method));
    CAPTURE(row.status);
    CAPTURE(std::string(row.fields));
    const Section fields(row.fields);
    std::string told;
    for (const auto& target : invalidated_targets(request_to(row.method, "example.org", "/a/b?c"),
                                                  response(row.status, fields))) {
      told += (told.empty() ? "" : " ") + target;
    }
    CHECK(told == row.want);
  }
}

TEST_CASE("invalidation: references resolved against the request (RFC 3986 section 5.4)") {
  struct Row {
    const char* reference;
    const char* want;  // of http://a/b/c/d;p?q; empty: not of this origin
  };
  for (const Row& row : {
           // the normal examples
           Row{"g", "/b/c/g"},
           Row{"./g", "/b/c/g"},
           Row{"g/", "/b/c/g/"},
           Row{"/g", "/g"},
           Row{"?y", "/b/c/d;p?y"},
           Row{"g?y", "/b/c/g?y"},
           Row{"#s", "/b/c/d;p?q"},
           Row{"g#s", "/b/c/g"},
           Row{"g?y#s", "/b/c/g?y"},
           Row{";x", "/b/c/;x"},
           Row{"g;x", "/b/c/g;x"},
           Row{"", "/b/c/d;p?q"},
           Row{".", "/b/c/"},
           Row{"./", "/b/c/"},
           Row{"..", "/b/"},
           Row{"../", "/b/"},
           Row{"../g", "/b/g"},
           Row{"../..", "/"},
           Row{"../../", "/"},
           Row{"../../g", "/g"},
           // the abnormal ones
           Row{"../../../g", "/g"},
           Row{"../../../../g", "/g"},
           Row{"/./g", "/g"},
           Row{"/../g", "/g"},
           Row{"g.", "/b/c/g."},
           Row{".g", "/b/c/.g"},
           Row{"g..", "/b/c/g.."},
           Row{"..g", "/b/c/..g"},
           Row{"./../g", "/b/g"},
           Row{"./g/.", "/b/c/g/"},
           Row{"g/./h", "/b/c/g/h"},
           Row{"g/../h", "/b/c/h"},
           Row{"g;x=1/./y", "/b/c/g;x=1/y"},
           Row{"g;x=1/../y", "/b/c/y"},
           Row{"g?y/./x", "/b/c/g?y/./x"},
           Row{"g?", "/b/c/g?"},
           Row{"g?a:b", "/b/c/g?a:b"},
           Row{"./a:b", "/b/c/a:b"},
           // with an authority
           Row{"http://a/g", "/g"},
           Row{"http://A:80/g", "/g"},
           Row{"http://a", "/"},
           Row{"http://a?x", "/?x"},
           Row{"HTTP://a/g", "/g"},
           Row{"//a/g", "/g"},
           Row{"http://a/x/../g", "/g"},
           Row{"http://a./g", "/g"},
           // of another origin, or of none
           Row{"http://b/g", ""},
           Row{"//b/g", ""},
           Row{"https://a/g", ""},
           Row{"http://a:8080/g", ""},
           Row{"http:g", ""},
           Row{"http:///g", ""},
           Row{"//", ""},
           Row{"ftp://a/g", ""},
           Row{"mailto:x@a", ""},
           Row{"g:h", ""},
           Row{"http://user@a/g", ""},
           Row{"/a b", ""},
           Row{"/a\x01", ""},
           Row{"/\x7f", ""},
       }) {
    CAPTURE(std::string(row.reference));
    CHECK(resolve_same_origin(request_to("POST", "a", "/b/c/d;p?q"), row.reference) == row.want);
  }
}

TEST_CASE("invalidation: targets that look like something else") {
  CHECK(resolve_same_origin(request_to("POST", "a", "//x/y"), "z") == "//x/z");
  CHECK(resolve_same_origin(request_to("POST", "a", "//x/y"), "") == "//x/y");
  CHECK(resolve_same_origin(request_to("POST", "a", "*"), "z") == "/z");
  CHECK(resolve_same_origin(request_to("POST", "[::1]:8080", "/"), "http://[::1]:8080/z") == "/z");
  CHECK(resolve_same_origin(request_to("POST", "[::1]", "/"), "http://[::1]:8080/z").empty());
  CHECK(resolve_same_origin(request_to("POST", "", "/"), "http:///z").empty());
  const Section none("");
  CHECK(invalidated_targets({.method = "POST", .fields = {}}, response(200, none)).empty());
}
