// Any bytes as a join token, as whose a certificate is, and as a list of revocations: what is
// accepted is what would be written.

#include <cstdint>
#include <string_view>

#include "lib/base/check.h"
#include "lib/trust/identity.h"
#include "lib/trust/join_token.h"
#include "lib/trust/revocations.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace trust = atl::trust;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto identity = trust::parse_identity(text)) {
    ATOLL_CHECK(trust::to_uri(*identity) == text);
  }
  if (const auto token = trust::parse_join_token(text)) {
    ATOLL_CHECK(text.find(trust::to_text(*token)) != std::string_view::npos);
  }
  if (const auto list = trust::parse_revocations(text)) {
    ATOLL_CHECK(trust::parse_revocations(trust::to_text(*list)) == *list);
  }
  return 0;
}
