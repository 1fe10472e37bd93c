#include "edge/cache/key.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "lib/http/letter_case.h"

namespace atl::cache {
namespace {

// RFC 9110 section 4.2.3: scheme and host are case-insensitive and the scheme's default port is the
// same as none. The trailing dot of an absolute domain name is dropped for the same reason.
void append_authority(std::string_view authority, std::string& out) {
  std::string_view port;
  // Most have no colon at all, and looking for the first one is quicker.
  const bool plain = authority.find(':') == std::string_view::npos;
  const size_t colon = plain ? std::string_view::npos : authority.rfind(':');
  const bool bracketed = authority.starts_with('[');
  if (colon != std::string_view::npos &&
      (!bracketed || authority.rfind(']') == colon - 1)) {  // not a colon inside an IPv6 literal
    port = authority.substr(colon);
    authority = authority.substr(0, colon);
    if (port == ":" || port == ":80" || port == ":443") port = {};
  }
  if (authority.size() > 1 && authority.ends_with('.')) authority.remove_suffix(1);
  const size_t at = out.size();
  out.append(authority);
  http::make_lower(out.data() + at, authority.size());
  out.append(port);
}

}  // namespace

void build_key(const KeyParts& parts, std::string& out) {
  out.clear();
  out.append(parts.distribution);
  out.push_back('\0');
  append_authority(parts.authority, out);
  out.push_back('\0');
  out.append(parts.path_and_query);
}

void build_key_prefix(const KeyParts& parts, std::string& out) {
  out.clear();
  out.append(parts.distribution);
  out.push_back('\0');
  if (parts.authority.empty()) return;
  append_authority(parts.authority, out);
  out.push_back('\0');
  out.append(parts.path_and_query);
}

uint64_t hash_key(std::string_view key, uint64_t seed) {
  return XXH3_64bits_withSeed(key.data(), key.size(), seed);
}

}  // namespace atl::cache
