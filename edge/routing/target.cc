#include "edge/routing/target.h"

#include <algorithm>
#include <optional>

#include "lib/http/letter_case.h"

namespace atl::edge {
namespace {

std::string_view in_lower_case(std::string_view text, std::string& scratch) {
  if (!http::has_upper(text)) return text;
  scratch.assign(text);
  http::make_lower(scratch.data(), scratch.size());
  return scratch;
}

// Where the port's colon is; an IPv6 literal has colons inside its brackets.
size_t port_colon(std::string_view authority) {
  // Most have none, and looking for the first one is quicker.
  if (authority.find(':') == std::string_view::npos) return std::string_view::npos;
  const size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos) return colon;
  const size_t bracket = authority.rfind(']');
  if (bracket != std::string_view::npos && bracket > colon) return std::string_view::npos;
  return colon;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// RFC 3986 section 2.3.
bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

// The octet of a valid escape at `at`.
std::optional<char> decode_escape(std::string_view text, size_t at) {
  if (at + 2 >= text.size()) return std::nullopt;
  const int high = hex_value(text[at + 1]);
  const int low = hex_value(text[at + 2]);
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<char>(high * 16 + low);
}

void append_decoded(std::string_view path, std::string& out) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (size_t i = 0; i < path.size(); ++i) {
    const std::optional<char> octet =
        path[i] == '%' ? decode_escape(path, i) : std::optional<char>{};
    if (!octet) {
      out.push_back(path[i]);
      continue;
    }
    if (is_unreserved(*octet)) {
      out.push_back(*octet);
    } else {
      const auto value = static_cast<unsigned char>(*octet);
      out.push_back('%');
      out.push_back(kHex[value >> 4]);
      out.push_back(kHex[value & 15]);
    }
    i += 2;
  }
}

// RFC 3986 section 5.2.4, in place: what is written never overtakes what is read.
void remove_dot_segments(std::string& path) {
  size_t write = 0;
  size_t read = 0;
  while (read < path.size()) {
    const size_t end = std::min(path.find('/', read + 1), path.size());
    const std::string_view segment = std::string_view(path).substr(read, end - read);
    const bool last = end == path.size();
    if (segment == "/.") {
      if (last) path[write++] = '/';
    } else if (segment == "/..") {
      const size_t slash = write == 0 ? std::string::npos : path.rfind('/', write - 1);
      write = slash == std::string::npos ? 0 : slash;
      if (last) path[write++] = '/';
    } else {
      std::copy(path.begin() + static_cast<ptrdiff_t>(read),
                path.begin() + static_cast<ptrdiff_t>(end),
                path.begin() + static_cast<ptrdiff_t>(write));
      write += segment.size();
    }
    read = end;
  }
  path.resize(write);
}

}  // namespace

std::string_view normalise_host(std::string_view authority, std::string& scratch) {
  std::string_view host = authority.substr(0, std::min(port_colon(authority), authority.size()));
  if (host.ends_with('.')) host.remove_suffix(1);
  return in_lower_case(host, scratch);
}

std::string_view normalise_authority(std::string_view authority, std::string_view scheme,
                                     std::string& scratch) {
  const size_t colon = port_colon(authority);
  if (colon != std::string_view::npos) {
    const std::string_view port = authority.substr(colon + 1);
    if (port.empty() || port == (scheme == "https" ? "443" : "80")) {
      authority = authority.substr(0, colon);
    }
  }
  return in_lower_case(authority, scratch);
}

std::string_view normalise_path(std::string_view path_and_query, std::string& scratch) {
  const std::string_view path = path_and_query.substr(0, path_and_query.find('?'));
  if (path.find('%') == std::string_view::npos && path.find("/.") == std::string_view::npos) {
    return path;
  }
  scratch.clear();
  append_decoded(path, scratch);
  if (scratch.starts_with('/')) remove_dot_segments(scratch);
  return scratch;
}

}  // namespace atl::edge
