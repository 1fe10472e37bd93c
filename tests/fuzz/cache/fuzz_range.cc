// Range, If-Range and Content-Range. The first byte chooses the size of the representation.

#include "edge/cache/range.h"
#include "lib/base/check.h"
#include "tests/fuzz/cache/fuzz_fields.h"

using namespace atl;
using namespace atl::cache;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  constexpr uint64_t kSizes[] = {0, 1, 10, 100, 1 << 20, UINT64_MAX / 2, UINT64_MAX};
  const uint64_t whole = kSizes[data[0] % std::size(kSizes)];
  const std::string_view text = fuzz::as_text(data + 1, size - 1);

  ContentRange part;
  if (parse_content_range(text, part)) {
    ATOLL_CHECK(part.first <= part.last && (!part.size_known || part.last < part.size));
  }
  const http::Field fields[] = {{"Range", text}, {"If-Range", "\"x\""}};
  const RequestView request{.method = "GET", .fields = fields};
  const RangeDecision decision = decide_range(request, {.size = whole, .etag = "\"x\""});
  ATOLL_CHECK((decision.count != 0) == (decision.send == RangeDecision::Send::Partial));
  uint64_t total = 0;
  for (const ByteRange& range : decision.view()) {
    ATOLL_CHECK(range.first <= range.last && range.last < whole);
    total += range.size();
    for (const ByteRange& other : decision.view()) {
      const bool apart = range.last < other.first || other.last < range.first;
      ATOLL_CHECK(&range == &other || apart);
    }
  }
  ATOLL_CHECK(total <= whole);
  if (decision.count > 1) {
    const Multipart plan = plan_multipart(decision.view(), whole, "text/plain", "b");
    ATOLL_CHECK(plan.heads.size() == decision.count);
  }
  return 0;
}
