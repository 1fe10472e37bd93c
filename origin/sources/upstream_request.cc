#include "origin/sources/upstream_request.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "lib/http/chars.h"
#include "lib/http/field_block.h"
#include "lib/http/field_lookup.h"
#include "lib/http/hop_by_hop.h"
#include "origin/sources/field_lines.h"
#include "origin/sources/methods.h"

namespace atl::origin {
namespace {

// A connection that rested longer is likely to be closed just as the request goes out; a request
// that must not be sent twice fails then.
constexpr long kMostRest = 60;
constexpr long kMostRestUnrepeatable = 3;
constexpr long kReadBuffer = 64L << 10;

bool append(Lines& lines, const std::string& line) {
  curl_slist* longer = curl_slist_append(lines.get(), line.c_str());
  if (longer == nullptr) return false;
  (void)lines.release();
  lines.reset(longer);
  return true;
}

// libcurl reads "Name:" as "remove" and "Name;" as "without a value".
std::string in_curls_notation(std::string_view name, std::string_view value) {
  std::string line(name);
  return value.empty() ? line + ";" : line.append(": ").append(value);
}

// Not passed on as received, but written anew or left out.
bool is_ours(std::string_view name, const HttpOptions& options) {
  return http::equal_ignore_case(name, "Host") || http::equal_ignore_case(name, "Content-Length") ||
         http::equal_ignore_case(name, "Expect") ||
         (options.forwarded_for && http::equal_ignore_case(name, "X-Forwarded-For"));
}

std::string host_for(const rpc::OriginRequest& request, const HttpOptions& options,
                     const UpstreamUrl& url) {
  if (!options.host.empty()) return options.host;
  return options.preserve_host && !request.authority.empty() ? request.authority : url.authority;
}

}  // namespace

UpstreamUrl split_url(const std::string& url) {
  const size_t authority = url.find("://") + 3;
  const size_t slash = std::min(url.find('/', authority), url.size());
  UpstreamUrl out;
  out.root = url.substr(0, slash) + "/";
  out.authority = url.substr(authority, slash - authority);
  out.base = url.substr(slash);
  while (out.base.ends_with('/')) out.base.pop_back();
  return out;
}

Lines upstream_fields(const rpc::OriginRequest& request, const HttpOptions& options,
                      const UpstreamUrl& url) {
  Lines lines;
  if (!append(lines, "Host: " + host_for(request, options, url))) return nullptr;
  std::vector<http::Field> fields;
  if (!http::split_field_block(request.fields, fields)) return nullptr;
  for (const http::Field& field : fields) {
    if (is_ours(field.name, options) || http::is_hop_by_hop(field.name, fields)) continue;
    if (!append(lines, in_curls_notation(field.name, field.value))) return nullptr;
  }
  if (options.forwarded_for) {
    std::string chain = combined_value(fields, "X-Forwarded-For").value_or("");
    if (!request.client_address.empty()) {
      if (!chain.empty()) chain += ", ";
      chain += request.client_address;
    }
    if (!chain.empty() && !append(lines, "X-Forwarded-For: " + chain)) return nullptr;
  }
  if (!request.traceparent.empty() && http::find(fields, "traceparent") == nullptr &&
      !append(lines, "traceparent: " + request.traceparent)) {
    return nullptr;
  }
  // What libcurl would add by itself.
  if (http::find(fields, "Accept") == nullptr && !append(lines, "Accept:")) return nullptr;
  if (!append(lines, "Expect:")) return nullptr;
  const bool needs_length =
      !request.has_body() &&
      (request.method == "POST" || request.method == "PUT" || request.method == "PATCH");
  if (needs_length && !append(lines, "Content-Length: 0")) return nullptr;
  return lines;
}

void set_up(CURL* easy, const rpc::OriginRequest& request, const HttpOptions& options,
            const UpstreamUrl& url) {
  const std::string target = request.target == "*" ? "*" : url.base + request.target;
  curl_easy_setopt(easy, CURLOPT_URL, url.root.c_str());
  curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET, target.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_PROXY, "");  // not even from the environment
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, kReadBuffer);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);

  if (request.has_body()) {
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE,
                     request.body_length ? static_cast<curl_off_t>(*request.body_length) : -1);
  }
  if (request.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else {
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }

  long version = CURL_HTTP_VERSION_2TLS;
  if (options.http2 == Http2::Off) version = CURL_HTTP_VERSION_1_1;
  if (options.http2 == Http2::PriorKnowledge) version = CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE;
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, version);
  if (options.http2 == Http2::PriorKnowledge && url.root.starts_with("http://")) {
    // libcurl 7.88 breaks the framing of the second request on such a connection (error 16).
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  }
  if (!options.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, options.ca_file.c_str());

  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(options.connect_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN,
                   is_idempotent(request.method) ? kMostRest : kMostRestUnrepeatable);
}

}  // namespace atl::origin
