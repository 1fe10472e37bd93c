// Each line is a field, "name:value": whatever is taken for a token has nothing in it that could
// end a line or a quoted text, and is part of one of the values.

#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "control-plane/access/credentials.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace atl;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::vector<http::Field> fields;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() < rest.size() ? line.size() + 1 : rest.size());
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    fields.push_back({line.substr(0, colon), line.substr(colon + 1)});
  }
  const auto found = control::find_credentials(fields);
  if (!found) return 0;
  if (found->via == control::Credentials::Via::Nothing) {
    if (!found->token.empty()) std::abort();
    return 0;
  }
  if (!control::is_bearer_token(found->token)) std::abort();
  if (found->token.find_first_of("\r\n\"\\ ;,") != std::string_view::npos) std::abort();
  bool within = false;
  for (const http::Field& field : fields) {
    within = within ||
             (found->token.data() >= field.value.data() &&
              found->token.data() + found->token.size() <= field.value.data() + field.value.size());
  }
  if (!within) std::abort();
  return 0;
}
