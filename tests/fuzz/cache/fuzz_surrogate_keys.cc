// A key, a NUL, a stored head: whatever they are, what has the key is found by the filter, and the
// text itself by a second way of looking for it.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "edge/cache/surrogate_keys.h"
#include "lib/http/chars.h"

namespace {

constexpr std::string_view kSeparators = " ,\t\r\n";

bool lists(std::string_view value, std::string_view key) {
  while (!value.empty()) {
    const size_t end = value.find_first_of(kSeparators);
    if (value.substr(0, end) == key) return true;
    value = end == std::string_view::npos ? std::string_view{} : value.substr(end + 1);
  }
  return false;
}

// Line by line and word by word.
bool has_plainly(std::string_view head, std::string_view key) {
  while (!head.empty()) {
    const size_t end = head.find('\n');
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(end == std::string_view::npos ? head.size() : end + 1);
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view name = line.substr(0, colon);
    if ((atl::http::equal_ignore_case(name, "surrogate-key") ||
         atl::http::equal_ignore_case(name, "cache-tag")) &&
        lists(line.substr(colon + 1), key)) {
      return true;
    }
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace atl::cache;
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const size_t nul = all.find('\0');
  if (nul == std::string_view::npos) return 0;
  const std::string key(all.substr(0, nul));
  const std::string head(all.substr(nul + 1));
  const bool found = has_surrogate_key(head, key);
  if (!key.empty() && found != has_plainly(head, key)) abort();
  if (found && !may_have(key_filter(head), key_bits(key))) abort();
  return 0;
}
