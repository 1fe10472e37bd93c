#include "control-plane/dashboard/serve.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>

#include "lib/http/chars.h"
#include "lib/http/field_lookup.h"
#include "lib/http/status.h"

namespace atl::control {
namespace {

constexpr std::string_view kFolder = "/dashboard";

// Scripts, styles and data from here and nowhere else; no page may frame it, no form leaves it.
constexpr std::string_view kSafety =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: no-referrer\r\n";

// RFC 9110, section 12.5.3: gzip, or "*" where gzip is not named, with a weight above zero.
bool accepts_gzip(http::Fields fields) {
  std::optional<bool> gzip;
  std::optional<bool> any;
  for (const http::Field& field : fields) {
    if (!http::equal_ignore_case(field.name, "accept-encoding")) continue;
    http::ListReader members(field.value);
    while (const auto member = members.next()) {
      const size_t semicolon = member->find(';');
      const std::string_view coding = http::trim_ows(member->substr(0, semicolon));
      std::string_view weight =
          semicolon == std::string_view::npos ? "" : http::trim_ows(member->substr(semicolon + 1));
      if (weight.starts_with("q=") || weight.starts_with("Q=")) weight.remove_prefix(2);
      const bool refused = !weight.empty() && weight.find_first_not_of("0.") == weight.npos;
      if (http::equal_ignore_case(coding, "gzip")) gzip = !refused;
      if (coding == "*") any = !refused;
    }
  }
  return gzip.value_or(any.value_or(false));
}

// RFC 9110, section 13.1.2: weak comparison.
bool matches(http::Fields fields, std::string_view etag) {
  for (const http::Field& field : fields) {
    if (!http::equal_ignore_case(field.name, "if-none-match")) continue;
    http::ListReader members(field.value);
    while (auto member = members.next()) {
      if (*member == "*") return true;
      if (member->starts_with("W/")) member->remove_prefix(2);
      if (*member == etag) return true;
    }
  }
  return false;
}

void respond(server::Responder& responder, const std::string& head, std::string_view body,
             bool bodiless) {
  const std::string_view piece = head;
  const std::span<const std::string_view> pieces(&body, bodiless ? 0 : 1);
  responder.respond({&piece, 1}, pieces, {.length = body.size(), .bodiless = bodiless}, {});
}

std::string begin_head(uint16_t status, http::DateTime now) {
  return fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n{}", status, http::reason_phrase(status),
                     http::format_date(now), kSafety);
}

void serve_asset(const Asset& asset, const http::RequestHead& head, http::DateTime now,
                 server::Responder& responder) {
  const bool zipped = !asset.gzip.empty() && accepts_gzip(head.fields);
  const std::string etag = fmt::format("\"{}{}\"", asset.hash, zipped ? "-gzip" : "");
  const bool known = matches(head.fields, etag);
  std::string text = begin_head(known ? 304 : 200, now);
  text += fmt::format("ETag: {}\r\nCache-Control: {}\r\n", etag,
                      asset.lasting ? "public, max-age=31536000, immutable" : "no-cache");
  if (!asset.gzip.empty()) text += "Vary: Accept-Encoding\r\n";
  if (!known) {
    text += fmt::format("Content-Type: {}\r\n", asset.type);
    if (zipped) text += "Content-Encoding: gzip\r\n";
  }
  respond(responder, text, zipped ? asset.gzip : asset.content, known || head.method == "HEAD");
}

// The sentences are constants, so nothing has to outlive the call.
constexpr std::string_view kAbsent =
    "{\"error\":\"this atoll-control was built without the dashboard (ATOLL_DASHBOARD=OFF); "
    "/v1/status has the figures\"}\n";
constexpr std::string_view kNothing =
    "{\"error\":\"the dashboard has no such file; it is at /\"}\n";

}  // namespace

bool is_dashboard(std::string_view path) {
  if (path == "/") return true;
  return path.starts_with(kFolder) &&
         (path.size() == kFolder.size() || path[kFolder.size()] == '/');
}

void serve_dashboard(std::span<const Asset> assets, const http::RequestHead& head,
                     std::string_view path, http::DateTime now, server::Responder& responder) {
  const bool bodiless = head.method == "HEAD";
  const auto found = std::find_if(assets.begin(), assets.end(),
                                  [&](const Asset& asset) { return asset.path == path; });
  if (found != assets.end()) return serve_asset(*found, head, now, responder);
  const bool folder = path == kFolder || path.substr(1) == "dashboard/";
  if (folder && !assets.empty()) {
    return respond(responder, begin_head(308, now) + "Location: /\r\nCache-Control: no-store\r\n",
                   {}, bodiless);
  }
  respond(responder,
          begin_head(404, now) + "Content-Type: application/json\r\nCache-Control: no-store\r\n",
          assets.empty() ? kAbsent : kNothing, bodiless);
}

}  // namespace atl::control
