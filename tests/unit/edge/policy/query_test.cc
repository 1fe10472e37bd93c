#include "edge/policy/query.h"

#include <doctest/doctest.h>

namespace atl::policy {
namespace {

using enum Selection::Mode;

std::string normalised(const Selection& selection, std::string_view target) {
  Pieces pieces;
  std::string out;
  const auto kept = normalise_query(selection, target, pieces, out);
  return kept ? std::string(*kept) : "(too many)";
}

TEST_CASE("query: what each selection keeps") {
  const NameList names({"id", "page", "utm_*"});
  struct Row {
    Selection::Mode mode;
    const char* target;
    const char* want;
  };
  for (const Row& row : {
           Row{AsIs, "/p?b=2&a=1&&", "/p?b=2&a=1&&"},
           Row{All, "/p", "/p"},
           Row{All, "/p?", "/p"},
           Row{All, "/p?&&", "/p"},
           Row{All, "/p?b=2&a=1", "/p?a=1&b=2"},
           Row{All, "/p?a=1&b=2", "/p?a=1&b=2"},
           Row{All, "/p?a=1&&b=2&", "/p?a=1&b=2"},
           // The order of equal names means something.
           Row{All, "/p?b&a=2&a=1&a=2", "/p?a=2&a=1&a=2&b"},
           // "a" and "a=" may be two things to an origin.
           Row{All, "/p?a=&a", "/p?a=&a"},
           Row{All, "/p?x=1?y=2", "/p?x=1?y=2"},
           Row{All, "/p?B=1&a=2", "/p?B=1&a=2"},
           Row{None, "/p?b=2&a=1", "/p"},
           Row{None, "/p", "/p"},
           Row{Allow, "/p?x=1&page=2&id=1", "/p?id=1&page=2"},
           Row{Allow, "/p?x=1", "/p"},
           Row{Allow, "/p?utm_=1&utm=2&utm_a", "/p?utm_=1&utm_a"},
           // Another spelling of a name is another name, and what is dropped the origin never sees.
           Row{Allow, "/p?%69d=1&ID=2&id =3", "/p"},
           Row{Allow, "/p?id=1;admin=1", "/p?id=1;admin=1"},
           Row{Deny, "/p?z=1&utm_source=x&id=1&y", "/p?y&z=1"},
           Row{Deny, "/p?id=1", "/p"},
           Row{Deny, "/p?=1&y", "/p?=1&y"},
       }) {
    CAPTURE(row.target);
    const bool named = row.mode == Allow || row.mode == Deny;
    const Selection selection{row.mode, named ? names : NameList()};
    CHECK(normalised(selection, row.target) == row.want);
    CHECK(normalised(selection, row.want) == row.want);
  }
}

TEST_CASE("query: thousands of parameters are refused, not sorted") {
  std::string target = "/p?";
  for (size_t i = 0; i < Pieces::kMost; ++i) target += "a=1&";
  target.pop_back();
  CHECK(normalised({All, {}}, target) == target);
  target += "&a=1";
  CHECK(normalised({All, {}}, target) == "(too many)");
  CHECK(normalised({Allow, NameList({"b"})}, target) == "(too many)");
  CHECK(normalised({None, {}}, target) == "/p");
  CHECK(normalised({AsIs, {}}, target) == target);
}

}  // namespace
}  // namespace atl::policy
