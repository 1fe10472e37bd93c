// A 206 from an origin. The first byte chooses what was asked for, the second how long the body is;
// then the fields of the response.

#include "edge/cache/part.h"
#include "lib/base/check.h"
#include "tests/fuzz/cache/fuzz_fields.h"

using namespace atl;
using namespace atl::cache;

namespace {

constexpr uint64_t kBlock = 100;

void check_ask(const PartDecision& decision) {
  for (const uint64_t offset : {decision.range.first, decision.range.last, decision.size - 1}) {
    const ByteRange block = block_around(offset, kBlock, decision.size);
    ATOLL_CHECK(block.first <= offset && offset <= block.last && block.last < decision.size);
    ATOLL_CHECK(block.size() <= kBlock);
    RangeSet set;
    ATOLL_CHECK(parse_range(range_value(ask_for(block, decision.size)), set) == RangeReason::None);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  using Kind = RangeSpec::Kind;
  constexpr RangeSpec kAsked[] = {{Kind::FromTo, 0, 99},
                                  {Kind::FromTo, UINT64_MAX - 100, UINT64_MAX - 1},
                                  {Kind::From, 500, 0},
                                  {Kind::Suffix, 0, 100},
                                  {Kind::Suffix, 0, UINT64_MAX}};
  const RangeSpec& asked = kAsked[data[0] % std::size(kAsked)];
  const auto fields = fuzz::read_fields(fuzz::as_text(data + 2, size - 2));
  const ResponseView response{206, fields};
  PartFacts facts{.asked = &asked, .exact = (data[0] & 0x80) != 0};
  if (data[1] != 0) facts.body_length = data[1];

  const PartDecision decision = judge_part(response, facts);
  if (decision.accepted()) {
    const ByteRange& range = decision.range;
    ATOLL_CHECK(range.first <= range.last && range.last < decision.size);
    if (facts.body_length) ATOLL_CHECK(range.size() == *facts.body_length);
    if (!facts.exact && asked.kind != Kind::Suffix) ATOLL_CHECK(range.first == asked.first);
    check_ask(decision);
  }
  // A part that is combined has the validator and the size of what it is combined with.
  const StoredView stored{.status = 200, .etag = "\"x\"", .date = {}, .response_time = {}};
  facts.stored = &stored;
  facts.stored_size = 1000;
  const PartDecision combined = judge_part(response, facts);
  if (combined.accepted()) {
    ATOLL_CHECK(combined.size == 1000);
    bool tagged = false;
    for (const http::Field& field : fields) tagged = tagged || field.value == "\"x\"";
    ATOLL_CHECK(tagged);
  }
  for (const http::Field& field : fields_of_whole(fields)) {
    ATOLL_CHECK(!http::equal_ignore_case(field.name, "content-range"));
  }
  return 0;
}
