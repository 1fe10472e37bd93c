#include "edge/policy/compression_policy.h"

#include <algorithm>
#include <array>

#include "lib/http/chars.h"
#include "lib/http/field_lookup.h"

namespace atl::policy {
namespace {

constexpr size_t kLongestType = 128;

bool lists_type(const NameList& types, std::string_view content_type) {
  std::array<char, kLongestType> lowered;
  const auto type = http::trim_ows(content_type.substr(0, content_type.find(';')));
  if (type.empty() || type.size() > lowered.size()) return false;
  std::transform(type.begin(), type.end(), lowered.begin(), http::to_lower);
  const std::string_view name(lowered.data(), type.size());
  return name != "text/event-stream" && types.has(name);
}

}  // namespace

bool may_compress(const CompressionPolicy& policy, uint16_t status, http::Fields response,
                  std::optional<uint64_t> length) {
  if (!policy.enabled() || status != 200) return false;
  if (length && (*length < policy.min_bytes || *length > policy.max_bytes)) return false;
  if (http::find(response, "Content-Encoding") != nullptr ||
      http::find(response, "Content-Range") != nullptr) {
    return false;
  }
  if (http::lists_token(response, "Cache-Control", "no-transform") ||
      http::count(response, "Content-Type") != 1) {
    return false;
  }
  return lists_type(policy.types, *http::value_of(response, "Content-Type"));
}

}  // namespace atl::policy
