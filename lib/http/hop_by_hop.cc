#include "lib/http/hop_by_hop.h"

#include <algorithm>
#include <array>

#include "lib/http/chars.h"
#include "lib/http/field_lookup.h"

namespace atl::http {
namespace {

constexpr std::array<std::string_view, 7> kAlways = {
    "connection",        "keep-alive", "proxy-connection", "te",
    "transfer-encoding", "upgrade",    "http2-settings"};

// Naming these in Connection would strip what framing, routing or caching goes by.
constexpr std::array<std::string_view, 9> kNever = {
    "age",  "authorization", "cache-control", "content-length", "content-range", "content-type",
    "host", "via",           "vary"};

template <size_t N>
bool contains(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view known) { return equal_ignore_case(known, name); });
}

}  // namespace

bool is_hop_by_hop(std::string_view name, Fields all) {
  if (contains(kAlways, name)) return true;
  if (!lists_token(all, "connection", name)) return false;
  return !contains(kNever, name);
}

}  // namespace atl::http
