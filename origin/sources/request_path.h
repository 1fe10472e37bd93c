#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace atl::origin {

// A request target as a path below a root. Pure.
struct RequestPath {
  std::string relative;    // percent-decoded once, "." for the root; no leading or trailing slash
  bool directory = false;  // the target's path ends in a slash
  std::string_view path;   // the target's path as received
  std::string_view query;  // with its "?", or empty
};

enum class PathProblem {
  Malformed,  // a broken percent-encoding, NUL, an encoded slash, a dot segment: 400
  NotAPath,   // an empty segment, "*", or something too long: nothing is there, 404
};

// Views in the result point into `target`.
std::expected<RequestPath, PathProblem> parse_request_path(std::string_view target);

// The value of `name` in a query (with or without its "?"), undecoded; empty data() when absent.
std::string_view query_value(std::string_view query, std::string_view name);

}  // namespace atl::origin
