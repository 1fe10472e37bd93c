#include "edge/policy/header_edits.h"

#include <algorithm>
#include <array>

#include "lib/http/chars.h"
#include "lib/http/field_block.h"

namespace atl::policy {
namespace {

// With these two readers could see two messages (RFC 9112 section 6, RFC 9110 section 7.6.1). The
// control plane refuses more; what it sends is not believed where it could do harm.
constexpr std::array<std::string_view, 9> kFraming{"connection", "content-length",    "host",
                                                   "keep-alive", "proxy-connection",  "te",
                                                   "trailer",    "transfer-encoding", "upgrade"};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), http::to_lower);
  return text;
}

}  // namespace

HeaderEdits::HeaderEdits(std::vector<std::string> remove, const std::vector<Line>& set) {
  for (std::string& name : remove) dropped_.push_back(lower(std::move(name)));
  for (const auto& [name, value] : set) {
    dropped_.push_back(lower(name));
    http::append_field(lines_, name, value);
    if (!std::all_of(value.begin(), value.end(), http::is_field_value_char)) {
      problem_ = "a value has control bytes";
    }
  }
  if (!std::all_of(dropped_.begin(), dropped_.end(), http::is_token)) {
    problem_ = "a name is not that of a field";
  }
  if (std::any_of(dropped_.begin(), dropped_.end(), [](const std::string& name) {
        return std::find(kFraming.begin(), kFraming.end(), name) != kFraming.end();
      })) {
    problem_ = "a field belongs to the connection or to the framing";
  }
}

bool HeaderEdits::drops(std::string_view name) const {
  return std::any_of(dropped_.begin(), dropped_.end(), [&](const std::string& dropped) {
    return http::equal_ignore_case(dropped, name);
  });
}

}  // namespace atl::policy
