#include "origin/sources/request_path.h"

#include <climits>
#include <optional>

namespace atl::origin {
namespace {

std::optional<unsigned> hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

// Nothing when the encoding is broken or hides a byte that would change what the path means.
std::optional<std::string> decode_segment(std::string_view segment) {
  std::string out;
  out.reserve(segment.size());
  for (size_t i = 0; i < segment.size(); ++i) {
    if (segment[i] != '%') {
      out += segment[i];
      continue;
    }
    if (i + 2 >= segment.size()) return std::nullopt;
    const auto high = hex(segment[i + 1]);
    const auto low = hex(segment[i + 2]);
    if (!high || !low) return std::nullopt;
    const char byte = static_cast<char>(*high << 4 | *low);
    if (byte == '\0' || byte == '/') return std::nullopt;
    out += byte;
    i += 2;
  }
  return out;
}

}  // namespace

std::expected<RequestPath, PathProblem> parse_request_path(std::string_view target) {
  RequestPath out;
  const size_t mark = target.find('?');
  out.path = target.substr(0, mark);
  if (mark != std::string_view::npos) out.query = target.substr(mark);
  // A path that begins with two slashes would name another host in a redirect to its directory.
  if (!out.path.starts_with('/') || out.path.starts_with("//")) {
    return std::unexpected(PathProblem::NotAPath);
  }
  out.directory = out.path.ends_with('/');
  for (std::string_view rest = out.path.substr(1); !rest.empty();) {
    const size_t slash = rest.find('/');
    const auto segment = decode_segment(rest.substr(0, slash));
    if (!segment || *segment == "." || *segment == "..") {
      return std::unexpected(PathProblem::Malformed);
    }
    if (segment->size() > NAME_MAX) return std::unexpected(PathProblem::NotAPath);
    rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
    // Several slashes count as one, as in the file system: real pages write "images//left.png".
    if (segment->empty()) continue;
    if (!out.relative.empty()) out.relative += '/';
    out.relative += *segment;
  }
  if (out.relative.empty()) out.relative = ".";
  if (out.relative.size() >= PATH_MAX) return std::unexpected(PathProblem::NotAPath);
  return out;
}

std::string_view query_value(std::string_view query, std::string_view name) {
  if (query.starts_with('?')) query.remove_prefix(1);
  while (!query.empty()) {
    const size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    const size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
      return pair.substr(equals + 1);
    }
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
  }
  return {};
}

}  // namespace atl::origin
