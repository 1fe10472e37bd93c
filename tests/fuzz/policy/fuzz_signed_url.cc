// Signed URLs: a target as it came. The key is one that the corpus was signed with.

#include <cstdint>
#include <string_view>
#include <vector>

#include "edge/policy/signed_url.h"
#include "lib/base/check.h"

using namespace atl;
using namespace atl::policy;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::vector<SigningKey> keys{{"k", crypto::HmacSha256("fuzz")}};
  constexpr WallTime kNow{std::chrono::milliseconds{1'700'000'000'000}};
  const std::string_view target(reinterpret_cast<const char*>(data), size);
  const SignatureCheck check = check_signature(target, keys, kNow);
  if (check.verdict == SignatureVerdict::Good) {
    ATOLL_CHECK(target.starts_with(check.target));
    ATOLL_CHECK(target.substr(check.target.size() + 1).starts_with("Expires="));
  } else {
    ATOLL_CHECK(check.target.empty());
  }
  ATOLL_CHECK(target.starts_with(without_signature(target)));
  return 0;
}
