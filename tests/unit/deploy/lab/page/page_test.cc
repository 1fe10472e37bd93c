#include "deploy/lab/page/page.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "deploy/lab/page/template.h"

namespace atl::lab {
namespace {

constexpr PageTemplate kPage{.before = "<html>[", .after = "]</html>"};

TEST_CASE("page: the data stand where the page has their place") {
  struct Row {
    std::string_view json;
    std::string_view want;
  };
  for (const Row& row : {
           Row{"{}", "<html>[{}]</html>"},
           Row{"", "<html>[]</html>"},
           Row{R"({"title":"</script><script>alert(1)</script>"})",
               R"(<html>[{"title":"\u003c/script>\u003cscript>alert(1)\u003c/script>"}]</html>)"},
           Row{R"(["<!--"])", R"(<html>[["\u003c!--"]]</html>)"},
       }) {
    CAPTURE(row.json);
    const auto page = fill(kPage, row.json);
    REQUIRE(page);
    CHECK(*page == row.want);
  }
}

TEST_CASE("page: a program without one says so") {
  const auto page = fill(std::nullopt, "{}");
  REQUIRE_FALSE(page);
  CHECK(page.error().code == Code::Unsupported);
  CHECK(std::string_view(page.error().detail).find("ATOLL_DASHBOARD=OFF") !=
        std::string_view::npos);
}

TEST_CASE("page: what the program has inside is a whole page around the data") {
  const auto page = page_with(R"({"schema":1})");
  CHECK(page.has_value() == has_page());
  if (!page) return;
  CHECK(page->starts_with("<!doctype html>"));
  CHECK(page->ends_with("</html>\n"));
  CHECK(page->find(R"(id="report">{"schema":1}</script>)") != std::string::npos);
  for (const std::string_view outside : {" src=", "<link rel=\"stylesheet\"", "@import"}) {
    CAPTURE(outside);
    CHECK(page->find(outside) == std::string::npos);
  }
}

}  // namespace
}  // namespace atl::lab
