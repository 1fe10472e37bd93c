// Structured-field dictionaries (RFC 8941): whatever is accepted has views into the input.

#include "edge/cache/dictionary.h"
#include "lib/base/check.h"
#include "tests/fuzz/cache/fuzz_fields.h"

using namespace atl;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::as_text(data, size);
  const auto members = cache::parse_dictionary(text);
  if (!members) return 0;
  for (const auto& member : *members) {
    ATOLL_CHECK(!member.key.empty());
    ATOLL_CHECK(member.key.data() >= text.data());
    ATOLL_CHECK(member.key.data() + member.key.size() <= text.data() + text.size());
    if (!member.text.empty()) {
      ATOLL_CHECK(member.text.data() + member.text.size() <= text.data() + text.size());
    }
    ATOLL_CHECK(member.integer > -1'000'000'000'000'000 && member.integer < 1'000'000'000'000'000);
  }
  return 0;
}
