#include "control-plane/fleet/purge.h"

#include <algorithm>
#include <array>
#include <utility>

namespace atl::control {
namespace {

using Kind = PurgeRequest::Kind;

constexpr size_t kLongestValue = 8192;  // bytes; a request line is not longer

constexpr std::array<std::pair<Kind, std::string_view>, 5> kNames{{
    {Kind::Url, "url"},
    {Kind::Prefix, "prefix"},
    {Kind::Host, "host"},
    {Kind::Tag, "tag"},
    {Kind::Everything, "everything"},
}};

// Has "http://" or "https://", a host, and something after it.
bool is_absolute_url(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!text.starts_with(scheme)) continue;
    text.remove_prefix(scheme.size());
    const size_t slash = text.find('/');
    return slash != std::string_view::npos && slash > 0 && text.front() != '*';
  }
  return false;
}

}  // namespace

std::string_view to_string(Kind kind) {
  for (const auto& [known, name] : kNames) {
    if (known == kind) return name;
  }
  return "";
}

std::expected<Kind, std::string> parse_purge_kind(std::string_view text) {
  for (const auto& [kind, name] : kNames) {
    if (name == text) return kind;
  }
  return std::unexpected("write one of url, prefix, host, tag and everything");
}

const char* check_purge(const PurgeRequest& request) {
  const std::string_view value = request.value;
  if (request.kind == Kind::Everything) {
    return value.empty() ? nullptr : "everything takes no value but true";
  }
  if (value.empty()) return "say what is to be purged";
  if (value.size() > kLongestValue) return "the value is longer than 8192 bytes";
  if (!std::all_of(value.begin(), value.end(), [](char c) { return c > 0x20 && c < 0x7f; })) {
    return "the value has spaces, control or non-ASCII characters: percent-encode them";
  }
  switch (request.kind) {
    case Kind::Url:
      return is_absolute_url(value) ? nullptr : "url is an absolute URL: http://host/path";
    case Kind::Prefix:
      return is_absolute_url(value) && value.ends_with('*')
                 ? nullptr
                 : "prefix is an absolute URL that ends in *: http://host/path/*";
    case Kind::Host:
      return value.find_first_of("/@*,") == std::string_view::npos
                 ? nullptr
                 : "host is a host name alone: www.example.org";
    case Kind::Tag:
    case Kind::Everything:
      return nullptr;
  }
  return nullptr;
}

}  // namespace atl::control
