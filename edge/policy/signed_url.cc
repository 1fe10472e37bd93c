#include "edge/policy/signed_url.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace atl::policy {
namespace {

constexpr size_t kSignature = 43;  // characters: 32 bytes in base64 without padding

int base64url_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '-') return 62;
  return c == '_' ? 63 : -1;
}

// RFC 4648 section 5. The two bits that are left over must be zero: one signature, one spelling.
std::optional<crypto::Digest> decode(std::string_view text) {
  if (text.size() != kSignature) return std::nullopt;
  crypto::Digest digest;
  size_t at = 0;
  uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const int value = base64url_value(c);
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    digest[at++] = static_cast<uint8_t>(bits >> count);
    bits &= (1U << count) - 1;
  }
  return bits == 0 ? std::optional(digest) : std::nullopt;
}

// Takes the last parameter, which must be `name`, off `target`, with the separator before it. Null
// data(): it is another one.
std::string_view take_last(std::string_view& target, std::string_view name) {
  // The first parameter is parted from the path by the first "?"; any later one is its own text.
  const size_t mark = target.find('?');
  size_t separator = target.rfind('&');
  if (separator == std::string_view::npos || separator < mark) separator = mark;
  if (separator == std::string_view::npos) return {};
  const std::string_view parameter = target.substr(separator + 1);
  if (!parameter.starts_with(name)) return {};
  target = target.substr(0, separator);
  return parameter.substr(name.size());
}

// Seconds since 1970; up to 12 digits, without a leading zero.
std::optional<int64_t> parse_seconds(std::string_view text) {
  int64_t seconds = 0;
  if (text.empty() || text.size() > 12 || text[0] < '1' || text[0] > '9') return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return seconds;
}

}  // namespace

std::string_view to_string(SignatureVerdict verdict) {
  switch (verdict) {
    case SignatureVerdict::Good:
      return "signature-good";
    case SignatureVerdict::Missing:
      return "signature-missing";
    case SignatureVerdict::Malformed:
      return "signature-malformed";
    case SignatureVerdict::UnknownKey:
      return "signature-unknown-key";
    case SignatureVerdict::Wrong:
      return "signature-wrong";
    case SignatureVerdict::Expired:
      return "signature-expired";
  }
  return "signature-malformed";
}

SignatureCheck check_signature(std::string_view path_and_query, const std::vector<SigningKey>& keys,
                               WallTime now) {
  std::string_view target = path_and_query;
  if (target.find('?') == std::string_view::npos) return {SignatureVerdict::Missing, {}};
  const std::string_view signature = take_last(target, "Signature=");
  if (signature.data() == nullptr) return {SignatureVerdict::Missing, {}};
  const std::string_view message = target;
  const std::string_view id = take_last(target, "Key-Id=");
  const std::string_view expires = take_last(target, "Expires=");
  const auto claimed = decode(signature);
  const auto until = parse_seconds(expires);
  if (id.empty() || !claimed || !until) return {SignatureVerdict::Malformed, {}};
  const auto key = std::find_if(keys.begin(), keys.end(),
                                [&](const SigningKey& known) { return known.id == id; });
  if (key == keys.end()) return {SignatureVerdict::UnknownKey, {}};
  if (!crypto::equal(key->hmac.of(message), *claimed)) return {SignatureVerdict::Wrong, {}};
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
  if (seconds >= *until) return {SignatureVerdict::Expired, {}};
  return {SignatureVerdict::Good, target};
}

std::string_view without_signature(std::string_view path_and_query) {
  constexpr std::string_view kName = "Signature=";
  const size_t at = path_and_query.find(kName);
  return at == std::string_view::npos ? path_and_query
                                      : path_and_query.substr(0, at + kName.size());
}

}  // namespace atl::policy
