#include "control-plane/config/read_headers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "control-plane/config/check.h"

namespace atl::control {
namespace {

using config::Section;

constexpr size_t kMostEdits = 32;  // each is compared with each field of a message
constexpr size_t kLongestValue = 4096;

// Fields that belong to the connection, to the framing of messages or to the cache itself. Edits of
// these could make two readers see two messages, or break revalidation (RFC 9110 section 7.6.1, RFC
// 9111 section 3.1).
constexpr std::array<std::string_view, 12> kNever{
    "connection", "keep-alive",     "proxy-connection", "te",  "trailer",  "transfer-encoding",
    "upgrade",    "content-length", "content-encoding", "via", "cdn-loop", "content-range"};
constexpr std::array<std::string_view, 10> kNeverInRequests{"host",
                                                            "expect",
                                                            "max-forwards",
                                                            "range",
                                                            "if-range",
                                                            "if-match",
                                                            "if-none-match",
                                                            "if-modified-since",
                                                            "if-unmodified-since",
                                                            "traceparent"};
constexpr std::array<std::string_view, 8> kNeverInResponses{
    "age",           "cache-status", "date",          "etag",
    "last-modified", "vary",         "accept-ranges", "proxy-authenticate"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return out;
}

bool is_one_of(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

class HeaderReader {
 public:
  HeaderReader(Section& section, std::span<const std::string_view> never)
      : section_(section), never_(never) {}

  HeaderEdits read() {
    HeaderEdits edits;
    edits.remove = section_.strings("remove", {});
    for (const std::string& name : edits.remove) check_name("remove", name);
    for (const std::string& line : section_.strings("set", {})) read_line(line, edits);
    if (seen_.size() > kMostEdits) {
      section_.problem("set", fmt::format("and remove have more than {} fields", kMostEdits));
    }
    return edits;
  }

 private:
  void read_line(const std::string& line, HeaderEdits& edits) {
    const size_t colon = line.find(':');
    if (colon == std::string::npos) {
      section_.problem("set", fmt::format("\"{}\" is not of the form \"Name: value\"", line));
      return;
    }
    const std::string name = line.substr(0, colon);
    if (!check_name("set", name)) return;
    std::string_view value = std::string_view(line).substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    while (value.ends_with(' ')) value.remove_suffix(1);
    // What could end the line would begin another one.
    const bool clean = std::all_of(value.begin(), value.end(), [](char c) {
      return (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) || c == '\t';
    });
    if (!clean || value.size() > kLongestValue) {
      section_.problem("set", fmt::format("the value of \"{}\" has control characters or is longer "
                                          "than {} bytes",
                                          name, kLongestValue));
      return;
    }
    edits.set.emplace_back(name, value);
  }

  bool check_name(const char* key, const std::string& name) {
    const std::string lowered = lower(name);
    if (!is_token(name)) {
      section_.problem(key, fmt::format("\"{}\" is not the name of a header", name));
      return false;
    }
    if (is_one_of(kNever, lowered) || is_one_of(never_, lowered)) {
      section_.problem(key, fmt::format("\"{}\" cannot be edited: it belongs to the connection, to "
                                        "the message's framing or to the cache",
                                        name));
      return false;
    }
    if (!seen_.insert(lowered).second) {
      section_.problem(key, fmt::format("\"{}\" is edited twice: keep one", name));
      return false;
    }
    return true;
  }

  Section& section_;
  std::span<const std::string_view> never_;
  std::set<std::string> seen_;
};

}  // namespace

HeaderEdits read_request_headers(Section section) {
  return HeaderReader(section, kNeverInRequests).read();
}

HeaderEdits read_response_headers(Section section) {
  return HeaderReader(section, kNeverInResponses).read();
}

}  // namespace atl::control
