#include "edge/cache/head.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "edge/cache/range.h"
#include "edge/cache/text.h"
#include "lib/http/date.h"
#include "lib/http/field_block.h"
#include "lib/http/hop_by_hop.h"
#include "lib/http/status.h"

namespace atl::cache {
namespace {

constexpr std::string_view kEnd = "\r\n";

template <size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& known) {
  return std::any_of(known.begin(), known.end(),
                     [&](std::string_view k) { return http::equal_ignore_case(name, k); });
}

// RFC 9111 section 3.1 beside what RFC 9110 section 7.6.1 names; and what the server computes for
// every response.
constexpr std::array<std::string_view, 6> kNeverStored = {"proxy-authenticate",
                                                          "proxy-authorization",
                                                          "proxy-authentication-info",
                                                          "trailer",
                                                          "content-length",
                                                          "age"};

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
         http::equal_ignore_case(name.substr(0, kPrefix.size()), kPrefix) &&
         !http::equal_ignore_case(name, "content-location") &&
         !http::equal_ignore_case(name, "content-security-policy");
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
    if (!visit(http::Field{line.substr(0, colon), http::trim_ows(line.substr(colon + 1))})) return;
  }
}

}  // namespace

bool is_never_stored(std::string_view name) { return is_one_of(name, kNeverStored); }

void build_head(const HeadSource& source, std::string& out) {
  out.clear();
  const std::string_view reason =
      source.reason.empty() ? http::reason_phrase(source.status) : source.reason;
  fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\n", source.status, reason);
  bool dated = false;
  for (const http::Field& field : source.fields) {
    if (is_never_stored(field.name) || http::is_hop_by_hop(field.name, source.fields)) continue;
    if (http::equal_ignore_case(field.name, "date")) dated = true;
    http::append_field(out, field.name, field.value);
  }
  if (!dated) {
    http::append_field(
        out, "Date", http::format_date(std::chrono::floor<std::chrono::seconds>(source.received)));
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
    if (!http::equal_ignore_case(field.name, name)) return true;
    value = field.value;
    return false;
  });
  return value;
}

void build_not_modified_head(std::string_view stored, std::string& out) {
  out.assign("HTTP/1.1 304 Not Modified\r\n");
  walk(stored, [&](const http::Field& field) {
    if (is_one_of(field.name, kInNotModified)) http::append_field(out, field.name, field.value);
    return true;
  });
}

void build_partial_head(std::string_view stored, const PartialHead& partial, std::string& out) {
  out.assign("HTTP/1.1 206 Partial Content\r\n");
  const bool multipart = partial.content_range.empty();
  walk(stored, [&](const http::Field& field) {
    if (http::equal_ignore_case(field.name, "content-range")) return true;
    if (multipart && http::equal_ignore_case(field.name, "content-type")) return true;
    if (partial.validated && describes_representation(field.name)) return true;
    http::append_field(out, field.name, field.value);
    return true;
  });
  if (multipart) {
    http::append_field(out, "Content-Type", partial.content_type);
  } else {
    http::append_field(out, "Content-Range", partial.content_range);
  }
}

void build_unsatisfiable_head(std::string_view stored, uint64_t size, std::string& out) {
  out.assign("HTTP/1.1 416 Range Not Satisfiable\r\n");
  walk(stored, [&](const http::Field& field) {
    if (http::equal_ignore_case(field.name, "date") || http::equal_ignore_case(field.name, "via")) {
      http::append_field(out, field.name, field.value);
    }
    return true;
  });
  http::append_field(out, "Content-Range", unsatisfied_content_range(size));
}

}  // namespace atl::cache
