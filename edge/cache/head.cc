#include "edge/cache/head.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "edge/cache/range.h"
#include "edge/cache/text.h"

namespace atl::cache {
namespace {

constexpr std::string_view kEnd = "\r\n";

template <size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& known) {
  return std::any_of(known.begin(), known.end(),
                     [&](std::string_view k) { return equal_ignoring_case(name, k); });
}

// RFC 9111 section 3.1, RFC 9110 section 7.6.1, and what the server computes for every response.
constexpr std::array<std::string_view, 13> kNeverStored = {"connection",
                                                           "keep-alive",
                                                           "proxy-connection",
                                                           "te",
                                                           "trailer",
                                                           "transfer-encoding",
                                                           "upgrade",
                                                           "proxy-authenticate",
                                                           "proxy-authorization",
                                                           "proxy-authentication-info",
                                                           "content-length",
                                                           "age",
                                                           "http2-settings"};

// RFC 9110 section 15.4.5; Last-Modified "might be useful if the response does not have an ETag".
constexpr std::array<std::string_view, 10> kInNotModified = {"cache-control",
                                                             "cdn-cache-control",
                                                             "atoll-cache-control",
                                                             "content-location",
                                                             "date",
                                                             "etag",
                                                             "expires",
                                                             "last-modified",
                                                             "vary",
                                                             "via"};

bool describes_representation(std::string_view name) {
  constexpr std::string_view kPrefix = "content-";
  return name.size() > kPrefix.size() &&
         equal_ignoring_case(name.substr(0, kPrefix.size()), kPrefix) &&
         !equal_ignoring_case(name, "content-location") &&
         !equal_ignoring_case(name, "content-security-policy");
}

void append_line(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append(kEnd);
}

// Calls visit(field) for every line of a stored head until it returns false.
template <class Visit>
void walk(std::string_view head, Visit visit) {
  size_t at = head.find(kEnd);
  if (at == std::string_view::npos) return;
  for (at += kEnd.size(); at < head.size();) {
    const size_t end = std::min(head.find(kEnd, at), head.size());
    const std::string_view line = head.substr(at, end - at);
    at = end + kEnd.size();
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    if (!visit(http::Field{line.substr(0, colon), trim(line.substr(colon + 1))})) return;
  }
}

}  // namespace

bool is_hop_by_hop(std::string_view name) { return is_one_of(name, kNeverStored); }

bool is_connection_listed(std::string_view name, http::Fields fields) {
  bool listed = false;
  for (const http::Field& field : fields) {
    if (!equal_ignoring_case(field.name, "connection")) continue;
    for_each_list_member(field.value, [&](std::string_view member) {
      if (equal_ignoring_case(member, name)) listed = true;
    });
  }
  return listed;
}

void build_head(const HeadSource& source, std::string& out) {
  out.clear();
  const std::string_view reason =
      source.reason.empty() ? reason_phrase(source.status) : source.reason;
  fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\n", source.status, reason);
  const bool lists = has_field(source.fields, "connection");
  bool dated = false;
  for (const http::Field& field : source.fields) {
    if (is_hop_by_hop(field.name)) continue;
    if (lists && is_connection_listed(field.name, source.fields)) continue;
    if (equal_ignoring_case(field.name, "date")) dated = true;
    append_line(out, field.name, field.value);
  }
  if (!dated) {
    append_line(out, "Date",
                format_date(std::chrono::floor<std::chrono::seconds>(source.received)));
  }
  if (!source.via.empty()) out.append("Via: 1.1 ").append(source.via).append(kEnd);
}

void read_head(std::string_view head, std::vector<http::Field>& out) {
  out.clear();
  walk(head, [&](const http::Field& field) {
    out.push_back(field);
    return true;
  });
}

std::string_view find_in_head(std::string_view head, std::string_view name) {
  std::string_view value;
  walk(head, [&](const http::Field& field) {
    if (!equal_ignoring_case(field.name, name)) return true;
    value = field.value;
    return false;
  });
  return value;
}

void build_not_modified_head(std::string_view stored, std::string& out) {
  out.assign("HTTP/1.1 304 Not Modified\r\n");
  walk(stored, [&](const http::Field& field) {
    if (is_one_of(field.name, kInNotModified)) append_line(out, field.name, field.value);
    return true;
  });
}

void build_partial_head(std::string_view stored, const PartialHead& partial, std::string& out) {
  out.assign("HTTP/1.1 206 Partial Content\r\n");
  const bool multipart = partial.content_range.empty();
  walk(stored, [&](const http::Field& field) {
    if (equal_ignoring_case(field.name, "content-range")) return true;
    if (multipart && equal_ignoring_case(field.name, "content-type")) return true;
    if (partial.validated && describes_representation(field.name)) return true;
    append_line(out, field.name, field.value);
    return true;
  });
  if (multipart) {
    append_line(out, "Content-Type", partial.content_type);
  } else {
    append_line(out, "Content-Range", partial.content_range);
  }
}

void build_unsatisfiable_head(std::string_view stored, uint64_t size, std::string& out) {
  out.assign("HTTP/1.1 416 Range Not Satisfiable\r\n");
  walk(stored, [&](const http::Field& field) {
    if (equal_ignoring_case(field.name, "date") || equal_ignoring_case(field.name, "via")) {
      append_line(out, field.name, field.value);
    }
    return true;
  });
  append_line(out, "Content-Range", unsatisfied_content_range(size));
}

}  // namespace atl::cache
