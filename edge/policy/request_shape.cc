#include "edge/policy/request_shape.h"

#include <algorithm>

#include "edge/policy/cookies.h"
#include "edge/policy/query.h"
#include "lib/http/chars.h"
#include "lib/http/field_lookup.h"

namespace atl::policy {
namespace {

// A client must not be able to say these for itself.
bool is_device_field(std::string_view name) {
  return std::any_of(kDeviceFields.begin(), kDeviceFields.end(), [&](const DeviceField& field) {
    return http::equal_ignore_case(field.name, name);
  });
}

bool is_place_field(std::string_view name) {
  return std::any_of(kPlaceFields.begin(), kPlaceFields.end(), [&](const PlaceField& field) {
    return http::equal_ignore_case(field.name, name);
  });
}

}  // namespace

RequestShape::Outcome RequestShape::make(const http::RequestHead& head, const KeyPolicy& policy,
                                         std::string_view host, const ViewerPlace& place) {
  if (policy.is_plain() && host.empty()) return Outcome::AsIs;
  const auto target = normalise_query(policy.query, head.path_and_query, pieces_, target_);
  if (!target) return Outcome::TooManyParameters;
  head_ = head;
  head_.path_and_query = *target;
  if (!host.empty()) head_.authority = host;
  if (!shape_fields(head, policy, place)) return Outcome::TooManyCookies;
  return Outcome::Shaped;
}

bool RequestShape::shape_fields(const http::RequestHead& head, const KeyPolicy& policy,
                                const ViewerPlace& place) {
  const bool cookies = policy.cookies.mode != Selection::Mode::AsIs;
  const bool codings = !policy.codings.empty();
  const bool placed = policy.place != PlaceLevel::None;
  if (!cookies && !policy.device && !placed && !codings) return true;
  fields_.clear();
  for (const http::Field& field : head.fields) {
    if (cookies && http::equal_ignore_case(field.name, "Cookie")) continue;
    if (policy.device && is_device_field(field.name)) continue;
    if (placed && is_place_field(field.name)) continue;
    if (codings && http::equal_ignore_case(field.name, "Accept-Encoding")) continue;
    fields_.push_back(field);
  }
  if (cookies) {
    if (!select_cookies(policy.cookies, head.fields, pieces_, cookies_)) return false;
    if (!cookies_.empty()) fields_.push_back({"Cookie", cookies_});
  }
  if (policy.device) {
    const Device device = device_of(http::value_of(head.fields, "User-Agent").value_or(""));
    for (const DeviceField& field : kDeviceFields) {
      fields_.push_back({field.name, field.device == device ? "true" : "false"});
    }
  }
  for (const PlaceField& field : kPlaceFields) {
    const std::string_view value = place.*field.value;
    // A database is a file like any other: what could end a line does not come out of it.
    const bool clean = std::all_of(value.begin(), value.end(), http::is_field_value_char);
    if (policy.place >= field.least && !value.empty() && clean) {
      fields_.push_back({field.name, value});
    }
  }
  // Without the field any coding would be acceptable (RFC 9110 section 12.5.3).
  if (codings) {
    // RFC 9111 section 5.2.1.6: a client may ask for what the origin would have sent.
    const bool as_is = http::lists_token(head.fields, "Cache-Control", "no-transform");
    const Coding coding = as_is ? Coding::Identity : choose_coding(head.fields, policy.codings);
    fields_.push_back({"Accept-Encoding", token_of(coding)});
  }
  head_.fields = fields_;
  return true;
}

}  // namespace atl::policy
