// The first byte says of which request the rest is the body: what is accepted can be acted upon,
// what is not is refused with a sentence.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "control-plane/access/credentials.h"
#include "control-plane/frontdoor/request_body.h"

namespace {

template <class Parsed>
bool accepted(const Parsed& parsed) {
  if (!parsed && parsed.error().empty()) std::abort();
  return parsed.has_value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace atl::control;
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == 'p') {
    const auto purge = parse_purge_request(body);
    if (accepted(purge) && check_purge(*purge) == nullptr) {
      for (const char c : purge->value) {
        if (c <= 0x20 || c >= 0x7f) std::abort();
      }
    }
  } else if (data[0] == 't') {
    const auto token = parse_token_request(body);
    if (accepted(token) && token->role == Role::Anyone) std::abort();
  } else if (data[0] == 's') {
    const auto secret = parse_session_request(body);
    if (accepted(secret) && !is_bearer_token(*secret)) std::abort();
  }
  return 0;
}
