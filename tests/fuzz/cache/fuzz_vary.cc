// Variant keys: Vary and two requests, separated by empty lines.

#include <memory>

#include "edge/cache/vary.h"
#include "lib/base/check.h"
#include "tests/fuzz/cache/fuzz_fields.h"

using namespace atl;
using namespace atl::cache;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::as_text(data, size);
  const size_t first = std::min(text.find("\n\n"), text.size());
  const std::string_view rest = text.substr(std::min(first + 2, text.size()));
  const size_t second = std::min(rest.find("\n\n"), rest.size());
  const auto answer = fuzz::read_fields(text.substr(0, first));
  const auto stored = fuzz::read_fields(rest.substr(0, second));
  const auto presented = fuzz::read_fields(rest.substr(std::min(second + 2, rest.size())));

  VariantKey key;
  const VaryOutcome outcome = make_variant_key(stored, answer, key);
  ATOLL_CHECK(key.bytes().size() <= kMaxVariantKey);
  if (outcome != VaryOutcome::Ok) return 0;
  ATOLL_CHECK(matches_variant(key.bytes(), stored));
  // Matching goes both ways: what the second request would be stored under is what it matches.
  VariantKey other;
  if (make_variant_key(presented, answer, other) == VaryOutcome::Ok) {
    ATOLL_CHECK(matches_variant(key.bytes(), presented) == (key.bytes() == other.bytes()));
  } else {
    ATOLL_CHECK(!matches_variant(key.bytes(), presented));
  }
  return 0;
}
