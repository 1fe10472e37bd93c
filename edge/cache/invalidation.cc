#include "edge/cache/invalidation.h"

#include <algorithm>

#include "edge/cache/key.h"
#include "edge/cache/text.h"

namespace atl::cache {
namespace {

// A reference taken apart (RFC 3986 appendix B); `has_*` tells an empty part from none.
struct Reference {
  std::string_view scheme, authority, path, query;
  bool has_scheme = false, has_authority = false, has_query = false;
};

bool is_alpha(char c) { return http::to_lower(c) >= 'a' && http::to_lower(c) <= 'z'; }

bool is_scheme(std::string_view text) {
  if (text.empty() || !is_alpha(text.front())) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_alpha(c) || http::is_digit(c) || c == '+' || c == '-' || c == '.';
  });
}

Reference take_apart(std::string_view text) {
  Reference out;
  text = text.substr(0, text.find('#'));
  if (const size_t colon = text.find_first_of(":/?");
      colon != std::string_view::npos && text[colon] == ':' && is_scheme(text.substr(0, colon))) {
    out.has_scheme = true;
    out.scheme = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  if (text.starts_with("//")) {
    text.remove_prefix(2);
    out.has_authority = true;
    out.authority = text.substr(0, text.find_first_of("/?"));
    text.remove_prefix(out.authority.size());
  }
  const size_t question = text.find('?');
  out.path = text.substr(0, question);
  if (question != std::string_view::npos) {
    out.has_query = true;
    out.query = text.substr(question + 1);
  }
  return out;
}

// RFC 3986 section 5.2.4, for a path that begins with "/".
std::string remove_dot_segments(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const size_t next = std::min(path.find('/', 1), path.size());
    const std::string_view segment = path.substr(0, next);  // with its leading slash
    path.remove_prefix(next);
    if (segment == "/.") {
      if (path.empty()) out += '/';
    } else if (segment == "/..") {
      out.resize(std::min(out.rfind('/'), out.size()));
      if (path.empty()) out += '/';
    } else {
      out += segment;
    }
  }
  return out;
}

// Field values from outside become keys: what cannot be a request target is no target.
bool is_target_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f; });
}

bool same_authority(std::string_view a, std::string_view b) {
  std::string left;
  std::string right;
  build_key({.distribution = {}, .authority = a, .path_and_query = {}}, left);
  build_key({.distribution = {}, .authority = b, .path_and_query = {}}, right);
  return left == right;
}

}  // namespace

bool is_safe_method(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE";
}

std::string resolve_same_origin(const RequestView& base, std::string_view reference) {
  if (!is_target_text(reference)) return {};
  const Reference ref = take_apart(reference);
  // RFC 9110 section 4.3.1: same scheme, host and port.
  if (ref.has_scheme && (!ref.has_authority || !http::equal_ignore_case(ref.scheme, base.scheme))) {
    return {};
  }
  if (ref.has_authority &&
      (ref.authority.empty() || !same_authority(ref.authority, base.authority))) {
    return {};
  }
  Reference own;  // not take_apart(): "//x" is a path here, not an authority
  const size_t question = base.path_and_query.find('?');
  own.path = base.path_and_query.substr(0, question);
  own.has_query = question != std::string_view::npos;
  if (own.has_query) own.query = base.path_and_query.substr(question + 1);
  std::string path;
  bool has_query = ref.has_query;
  std::string_view query = ref.query;
  if (ref.has_authority) {
    path = ref.path.empty() ? "/" : remove_dot_segments(ref.path);
  } else if (ref.path.empty()) {  // RFC 3986 section 5.2.2
    path = own.path;
    if (!has_query) {
      has_query = own.has_query;
      query = own.query;
    }
  } else if (ref.path.starts_with('/')) {
    path = remove_dot_segments(ref.path);
  } else {  // section 5.2.3
    const size_t slash = own.path.rfind('/');
    std::string merged(slash == std::string_view::npos ? "/" : own.path.substr(0, slash + 1));
    merged += ref.path;
    path = remove_dot_segments(merged);
  }
  if (has_query) path.append("?").append(query);
  return path;
}

std::vector<std::string> invalidated_targets(const RequestView& request,
                                             const ResponseView& response) {
  std::vector<std::string> targets;
  if (is_safe_method(request.method) || request.path_and_query.empty()) return targets;
  if (response.status < 200 || response.status > 399) return targets;
  targets.emplace_back(request.path_and_query);
  for (const http::Field& field : response.fields) {
    if (!http::equal_ignore_case(field.name, "location") &&
        !http::equal_ignore_case(field.name, "content-location")) {
      continue;
    }
    std::string target = resolve_same_origin(request, field.value);
    if (!target.empty() && std::find(targets.begin(), targets.end(), target) == targets.end()) {
      targets.push_back(std::move(target));
    }
  }
  return targets;
}

}  // namespace atl::cache
