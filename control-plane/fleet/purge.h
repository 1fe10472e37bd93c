#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace atl::control {

// atl.v1.Purge without its number.
struct PurgeRequest {
  enum class Kind : uint8_t { Url, Prefix, Host, Tag, Everything };
  Kind kind = Kind::Everything;
  std::string value;  // empty for Everything
  bool soft = false;
  bool operator==(const PurgeRequest&) const = default;
};

struct Purge {
  uint64_t number = 0;
  uint64_t time_ms = 0;  // Unix time of the request
  PurgeRequest what;
  bool operator==(const Purge&) const = default;
};

std::string_view to_string(PurgeRequest::Kind kind);
std::expected<PurgeRequest::Kind, std::string> parse_purge_kind(std::string_view text);

// Null if `request` makes sense; otherwise a sentence that says what to write instead.
const char* check_purge(const PurgeRequest& request);

}  // namespace atl::control
