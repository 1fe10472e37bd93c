#include "edge/fetch/upstream_request.h"

#include <algorithm>
#include <charconv>

#include "lib/http/chars.h"
#include "lib/http/field_block.h"
#include "lib/http/field_lookup.h"
#include "lib/http/hop_by_hop.h"

namespace atl::edge {

UpstreamRequest::UpstreamRequest(const http::RequestHead& head, std::string_view client_address)
    : body_length_(head.chunked ? std::nullopt : head.body_length),
      version_minor_(head.version_minor) {
  size_t size = head.method.size() + head.scheme.size() + head.authority.size() +
                head.target.size() + head.path_and_query.size() + client_address.size();
  for (const http::Field& field : head.fields) size += field.name.size() + field.value.size();
  bytes_.reserve(size);
  method_ = keep(head.method);
  scheme_ = keep(head.scheme);
  authority_ = keep(head.authority);
  path_and_query_ = keep(head.path_and_query);
  // Of an absolute-form target the origin sees the origin-form; "*" stays as it is.
  target_ = head.target == "*" ? keep(head.target) : path_and_query_;
  client_address_ = keep(client_address);
  fields_.reserve(head.fields.size());
  for (const http::Field& field : head.fields) {
    fields_.push_back({keep(field.name), keep(field.value)});
  }
}

std::string_view UpstreamRequest::keep(std::string_view text) {
  const size_t at = bytes_.size();
  bytes_.append(text);
  return std::string_view(bytes_).substr(at);
}

namespace {

// What Connection lists (RFC 9110 section 7.6.1), gathered once: a client chooses how long it is.
std::vector<std::string_view> connection_options(http::Fields fields) {
  std::vector<std::string_view> options;
  for (const http::Field& field : fields) {
    if (!http::equal_ignore_case(field.name, "Connection")) continue;
    http::ListReader list(field.value);
    while (const auto option = list.next()) {
      if (!http::equal_ignore_case(*option, "close") &&
          !http::equal_ignore_case(*option, "keep-alive")) {
        options.push_back(*option);
      }
    }
  }
  return options;
}

bool stays_here(std::string_view name, const std::vector<std::string_view>& options) {
  const bool listed = std::any_of(options.begin(), options.end(), [&](std::string_view option) {
    return http::equal_ignore_case(option, name);
  });
  const http::Field connection{"Connection", name};
  return http::is_hop_by_hop(name, listed ? http::Fields(&connection, 1) : http::Fields{}) ||
         http::equal_ignore_case(name, "Host") || http::equal_ignore_case(name, "Expect") ||
         http::equal_ignore_case(name, "Content-Length");
}

// RFC 9110 section 7.6.2: one less with every hop. What is not a number is passed on as it is.
void append_max_forwards(std::string& out, const http::Field& field) {
  uint64_t left = 0;
  const char* end = field.value.data() + field.value.size();
  const auto [stop, error] = std::from_chars(field.value.data(), end, left);
  if (error != std::errc{} || stop != end || left == 0) {
    return http::append_field(out, field.name, field.value);
  }
  http::append_field(out, field.name, std::to_string(left - 1));
}

}  // namespace

std::string build_upstream_fields(const UpstreamRequest& request, FetchMode mode,
                                  const cache::Conditional& conditional,
                                  const policy::HeaderEdits& edits, const Identity& identity,
                                  Hop hop) {
  const http::Fields client = request.fields();
  const auto options = connection_options(client);
  std::string out;
  out.reserve(1024);
  for (const http::Field& field : client) {
    if (stays_here(field.name, options)) continue;
    if (mode == FetchMode::Fill && cache::is_client_precondition(field.name)) continue;
    if (edits.drops(field.name)) continue;
    if (http::equal_ignore_case(field.name, "Max-Forwards")) {
      append_max_forwards(out, field);
    } else {
      http::append_field(out, field.name, field.value);
    }
  }
  if (mode == FetchMode::Fill) {
    if (!conditional.if_none_match.empty()) {
      http::append_field(out, "If-None-Match", conditional.if_none_match);
    }
    if (!conditional.if_modified_since.empty()) {
      http::append_field(out, "If-Modified-Since", conditional.if_modified_since);
    }
  }
  out += edits.lines();
  out += identity.via_lines[request.version_minor() == 0 ? 0 : 1];
  if (hop == Hop::Out) out += identity.loop_line;
  return out;
}

cache::Policy cache_policy(const Behaviour& behaviour, uint64_t max_object) {
  const CachePolicy& policy = behaviour.cache;
  cache::Policy result;
  result.default_ttl = policy.default_ttl;
  result.min_ttl = policy.min_ttl;
  result.max_ttl = policy.max_ttl;
  result.ttl_by_status = policy.ttl_by_status;
  result.vary = behaviour.vary;
  result.honour_request_directives = policy.honour_request_directives;
  result.max_object_bytes = std::min(policy.max_object_bytes.value_or(max_object), max_object);
  return result;
}

}  // namespace atl::edge
