#include "control-plane/config/read_cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>

#include "control-plane/config/check.h"

namespace atl::control {
namespace {

using config::Section;

constexpr size_t kMostNames = 64;    // each is compared with each parameter of a request
constexpr size_t kMostHeaders = 16;  // what an edge takes
constexpr size_t kLongestName = 128;

// Statuses that are interim, that are about one request only, or that are never stored as a whole
// response; what an edge refuses to be given a lifetime for.
constexpr std::array<int64_t, 9> kNeverStored{206, 304, 412, 416, 417, 428, 429, 431, 511};

// Fields that may not be part of the key, and what to do instead.
struct Excluded {
  std::string_view name;
  std::string_view why;
};
constexpr std::array<Excluded, 12> kExcludedHeaders{{
    {"cookie", "write cookies and cookie_names"},
    {"host", "it is part of every key"},
    {"authorization", "answers to credentials are shared only as their origin says"},
    {"range", "ranges are cut from the whole answer"},
    {"if-range", "ranges are cut from the whole answer"},
    {"if-match", "conditions are answered from the stored response"},
    {"if-none-match", "conditions are answered from the stored response"},
    {"if-modified-since", "conditions are answered from the stored response"},
    {"if-unmodified-since", "conditions are answered from the stored response"},
    {"cache-control", "it says how the cache is used, not what is asked for"},
    {"connection", "it is about one connection"},
    {"transfer-encoding", "it is about one connection"},
}};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return out;
}

void check_names(Section& section, const std::string& key, const Selection& selection,
                 const std::string& what) {
  using enum Selection::Mode;
  const bool wanted = selection.mode == Allow || selection.mode == Deny;
  if (wanted && selection.names.empty()) {
    section.problem(what, "is \"allow\" or \"deny\", but there is no " + key + ": name them");
  }
  if (!wanted && section.has(key)) {
    section.problem(key, "has a meaning only with " + what + " = \"allow\" or \"deny\"");
  }
  if (selection.names.size() > kMostNames) {
    section.problem(key, fmt::format("has more than {} names", kMostNames));
  }
  for (const std::string& name : selection.names) {
    const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
      return c > 0x20 && c < 0x7f && c != '=' && c != '&' && c != ';' && c != '#';
    });
    const size_t star = name.find('*');
    if (name.empty() || name == "*" || name.size() > kLongestName || !plain ||
        (star != std::string::npos && star + 1 != name.size())) {
      section.problem(key, fmt::format("\"{}\" is not a name: write one as it stands in a request, "
                                       "or its beginning and \"*\"",
                                       name));
    }
  }
}

Selection read_selection(Section& section, const std::string& what, const std::string& names) {
  using enum Selection::Mode;
  const std::string mode =
      section.choice(what, {"as-is", "all", "none", "allow", "deny"}, std::string("as-is"));
  Selection selection;
  selection.mode = mode == "all"     ? All
                   : mode == "none"  ? None
                   : mode == "allow" ? Allow
                   : mode == "deny"  ? Deny
                                     : AsIs;
  selection.names = section.strings(names, {});
  check_names(section, names, selection, what);
  return selection;
}

void check_headers(Section& section, const std::vector<std::string>& headers) {
  if (headers.size() > kMostHeaders) {
    section.problem("headers", fmt::format("has more than {} names", kMostHeaders));
  }
  for (const std::string& header : headers) {
    if (!is_token(header) || header == "*") {
      section.problem("headers", fmt::format("\"{}\" is not the name of a header", header));
    }
    for (const Excluded& excluded : kExcludedHeaders) {
      if (lower(header) != excluded.name) continue;
      section.problem("headers",
                      fmt::format("\"{}\" cannot be part of the key: {}", header, excluded.why));
    }
  }
}

KeyPolicy read_key(Section section) {
  KeyPolicy key;
  key.query = read_selection(section, "query", "query_names");
  key.cookies = read_selection(section, "cookies", "cookie_names");
  key.headers = section.strings("headers", {});
  check_headers(section, key.headers);
  key.device = section.boolean("device", false);
  return key;
}

std::vector<StatusTtl> read_ttl_by_status(Section& cache) {
  std::vector<StatusTtl> all;
  std::map<int64_t, uint32_t> seen;  // -> line
  for (Section& section : cache.tables("ttl_by_status")) {
    const std::vector<int64_t> statuses = section.integers("statuses", {}, {200, 599});
    const auto ttl = section.duration("ttl", {});
    if (!section.has("ttl")) section.problem("ttl", "is missing: write such as ttl = \"10s\"");
    if (statuses.empty()) {
      section.problem("statuses", "is missing: write such as statuses = [404, 410]");
    }
    for (const int64_t status : statuses) {
      if (std::find(kNeverStored.begin(), kNeverStored.end(), status) != kNeverStored.end()) {
        section.problem("statuses", fmt::format("{} is never stored: remove it", status));
      }
      const auto [first, added] = seen.emplace(status, section.mark("statuses").line);
      if (!added) {
        section.problem("statuses", fmt::format("{} already has a lifetime in line {}: remove one",
                                                status, first->second));
      }
      all.push_back({status, ttl});
    }
  }
  return all;
}

// What has no meaning where nothing is cached.
void check_disabled(Section& section) {
  for (const char* key :
       {"default_ttl", "min_ttl", "max_ttl", "max_object", "key", "collapse", "ttl_by_status"}) {
    if (section.has(key)) section.problem(key, "has no meaning with enabled = false: remove it");
  }
}

}  // namespace

CachePolicy read_cache(Section section) {
  CachePolicy cache;
  cache.enabled = section.boolean("enabled", true);
  cache.default_ttl = section.optional_duration("default_ttl");
  cache.min_ttl = section.optional_duration("min_ttl");
  cache.max_ttl = section.optional_duration("max_ttl");
  cache.max_object = section.optional_bytes("max_object");
  cache.honour_request_directives = section.boolean("honour_request_directives", true);
  cache.collapse = section.boolean("collapse", true);
  cache.key = read_key(section.table("key"));
  cache.ttl_by_status = read_ttl_by_status(section);
  if (cache.min_ttl && cache.max_ttl && *cache.min_ttl > *cache.max_ttl) {
    section.problem("min_ttl", "is longer than max_ttl: lower it or raise max_ttl");
  }
  if (!cache.enabled) check_disabled(section);
  return cache;
}

}  // namespace atl::control
