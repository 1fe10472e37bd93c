#pragma once

#include <span>
#include <string>
#include <string_view>

namespace atl::cache {

// A stored head (see head.h) may differ from what the origin said: lines that clients do not get,
// and lines that it did not send. Both are kept, because purges look at the origin's tags, and
// freshness and revalidation go by the origin's fields:
//
//   status line, the origin's other lines, added lines, ":" size of the added lines CRLF, hidden
//   lines
//
// A head without Meta::kHiddenPart has neither. An empty field name cannot come from anywhere else.
struct HeadEdits {
  std::span<const std::string> hide;  // names, in lower case
  std::string_view add;               // field lines, each ended by CRLF
};

// Makes a stored head of the origin's, which has no hidden part, into `out`. False: there was
// nothing to do, and `out` is as it was.
bool hide_lines(std::string_view full, const HeadEdits& edits, std::string& out);

// What clients get. Does not allocate.
std::string_view shown_part(std::string_view head);

// What hide_lines() was given, save for the order of lines, into `out`.
void full_head(std::string_view head, std::string& out);

}  // namespace atl::cache
