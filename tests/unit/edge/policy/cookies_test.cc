#include "edge/policy/cookies.h"

#include <doctest/doctest.h>

#include <optional>
#include <vector>

namespace atl::policy {
namespace {

using enum Selection::Mode;

std::optional<std::string> selected(const Selection& selection,
                                    const std::vector<http::Field>& fields) {
  Pieces pieces;
  std::string out = "left over";
  if (!select_cookies(selection, fields, pieces, out)) return std::nullopt;
  return out;
}

TEST_CASE("cookies: what each selection keeps") {
  struct Row {
    Selection::Mode mode;
    const char* value;
    const char* want;
  };
  for (const Row& row : {
           Row{All, "", ""},
           Row{All, "b=2; a=1", "a=1; b=2"},
           Row{All, "b=2;a=1;; ;", "a=1; b=2"},
           Row{All, "a=2; a=1", "a=2; a=1"},
           Row{None, "a=1", ""},
           Row{Allow, "x=1; session=abc; _ga=2; lang=en", "lang=en; session=abc"},
           Row{Allow, "session", "session"},
           Row{Allow, "Session=1; session =2", ""},
           // A reader that minds quotes must not find in there what we did not.
           Row{Allow, "x=\"; session=evil; y=\"", "session=evil"},
           Row{Deny, "x=1; session=abc; lang=en", "x=1"},
       }) {
    CAPTURE(row.value);
    const bool named = row.mode == Allow || row.mode == Deny;
    const Selection selection{row.mode, named ? NameList({"session", "lang"}) : NameList()};
    CHECK(selected(selection, {{"Cookie", row.value}}) == row.want);
  }
}

TEST_CASE("cookies: every Cookie line counts, other fields do not") {
  CHECK(
      selected({All, {}},
               {{"cookie", "b=1"}, {"Cookie2", "x=1"}, {"COOKIE", "a=1"}, {"Set-Cookie", "y=1"}}) ==
      "a=1; b=1");
  CHECK(selected({All, {}}, {}) == "");
}

TEST_CASE("cookies: thousands of them are refused") {
  std::string value = "a=1";
  for (size_t i = 1; i < Pieces::kMost; ++i) value += "; a=1";
  CHECK(selected({All, {}}, {{"Cookie", value}}) == value);
  CHECK_FALSE(selected({All, {}}, {{"Cookie", value}, {"Cookie", "b=1"}}));
}

}  // namespace
}  // namespace atl::policy
