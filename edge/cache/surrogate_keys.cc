#include "edge/cache/surrogate_keys.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cstring>

#include "lib/http/chars.h"

namespace atl::cache {

namespace {

bool separates(char c) { return c == ' ' || c == ',' || c == '\t' || c == '\r' || c == '\n'; }

// Whether `line`, a field line or the status line, names surrogate keys; `value` is then what it
// says.
bool names_keys(std::string_view line, std::string_view& value) {
  constexpr std::string_view kSurrogateKey = "Surrogate-Key";
  constexpr std::string_view kCacheTag = "Cache-Tag";
  const size_t colon = line.find(':');
  if (colon != kSurrogateKey.size() && colon != kCacheTag.size()) return false;
  const std::string_view name = line.substr(0, colon);
  if (!http::equal_ignore_case(name, kSurrogateKey) && !http::equal_ignore_case(name, kCacheTag)) {
    return false;
  }
  value = line.substr(colon + 1);
  return true;
}

}  // namespace

// Most heads have the text nowhere, so it is looked for first, and the line around it only then.
bool has_surrogate_key(std::string_view head, std::string_view key) {
  if (key.empty() || std::find_if(key.begin(), key.end(), separates) != key.end()) return false;
  for (size_t from = 0; from < head.size();) {
    const void* hit = memmem(head.data() + from, head.size() - from, key.data(), key.size());
    if (hit == nullptr) return false;
    const auto at = static_cast<size_t>(static_cast<const char*>(hit) - head.data());
    const size_t end = at + key.size();
    from = at + 1;
    if (end < head.size() && !separates(head[end])) continue;
    const size_t before = head.substr(0, at).rfind('\n');
    const size_t begin = before == std::string_view::npos ? 0 : before + 1;
    std::string_view value;
    if (!names_keys(head.substr(begin, end - begin), value)) continue;
    if (value.size() == key.size() || separates(value[value.size() - key.size() - 1])) return true;
  }
  return false;
}

KeyFilter key_bits(std::string_view key) {
  const uint64_t hash = XXH3_64bits(key.data(), key.size());
  const uint64_t first = hash & 63;
  const uint64_t second = (first + 1 + (hash >> 6) % 63) & 63;  // another one
  return KeyFilter{1} << first | KeyFilter{1} << second;
}

KeyFilter key_filter(std::string_view head) {
  KeyFilter filter = 0;
  while (!head.empty()) {
    const size_t end = head.find('\n');
    std::string_view value;
    if (names_keys(head.substr(0, end), value)) {
      while (!value.empty()) {
        size_t size = 0;
        while (size < value.size() && !separates(value[size])) ++size;
        if (size != 0) filter |= key_bits(value.substr(0, size));
        value.remove_prefix(size == value.size() ? size : size + 1);
      }
    }
    head.remove_prefix(end == std::string_view::npos ? head.size() : end + 1);
  }
  return filter;
}

}  // namespace atl::cache
