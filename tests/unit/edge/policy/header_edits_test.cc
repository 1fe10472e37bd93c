#include "edge/policy/header_edits.h"

#include <doctest/doctest.h>

namespace atl::policy {
namespace {

TEST_CASE("header edits: what is set takes the place of what was there") {
  const HeaderEdits edits({"X-Debug"}, {{"X-From", "cdn"}, {"X-Empty", ""}});
  CHECK(edits.problem() == nullptr);
  CHECK(edits.lines() == "X-From: cdn\r\nX-Empty: \r\n");
  CHECK(edits.drops("x-debug"));
  CHECK(edits.drops("X-FROM"));
  CHECK_FALSE(edits.drops("X-From2"));
  CHECK_FALSE(HeaderEdits().drops("X-From"));
}

TEST_CASE("header edits: nothing can end a line") {
  struct Row {
    const char* name;
    const char* value;
  };
  for (const Row& row :
       {Row{"X", "a\r\nB: c"}, Row{"X", "a\nb"}, Row{"X", "a\rb"}, Row{"X", "\x7f"},
        Row{"X\r\nY", "a"}, Row{"X:", "a"}, Row{"", "a"}, Row{"X Y", "a"}}) {
    CAPTURE(row.name);
    CAPTURE(row.value);
    CHECK(HeaderEdits({}, {{row.name, row.value}}).problem() != nullptr);
  }
  CHECK(HeaderEdits({"a b"}, {}).problem() != nullptr);
}

TEST_CASE("header edits: nothing can change where a message ends or to whom it goes") {
  for (const char* name : {"Transfer-Encoding", "content-length", "Connection", "TE", "Host"}) {
    CAPTURE(name);
    CHECK(HeaderEdits({}, {{name, "1"}}).problem() != nullptr);
    CHECK(HeaderEdits({name}, {}).problem() != nullptr);
  }
}

}  // namespace
}  // namespace atl::policy
