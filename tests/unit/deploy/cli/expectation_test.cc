#include "deploy/cli/replay/expectation.h"

#include <doctest/doctest.h>

namespace atl::cli {
namespace {

trace::TraceRow row(uint64_t size, std::optional<trace::ByteRange> range) {
  return {1, 17, size, range};
}

TEST_CASE("expectation: what a row asks for and what must come back") {
  struct Case {
    trace::TraceRow row;
    double scale;
    const char* target;
    const char* range;
    uint16_t status;
    uint64_t first, length;
  };
  const Case cases[] = {
      {row(1000, {}), 1, "/object/17?size=1000", "", 200, 0, 1000},
      {row(0, {}), 1, "/object/17?size=1", "", 200, 0, 1},
      {row(1000, trace::ByteRange{0, 499}), 1, "/object/17?size=1000", "0-499", 206, 0, 500},
      {row(1000, trace::ByteRange{500, 999}), 1, "/object/17?size=1000", "500-999", 206, 500, 500},
      {row(1000, trace::ByteRange{500, 5000}), 1, "/object/17?size=1000", "500-5000", 206, 500,
       500},
      {row(1000, trace::ByteRange{500, {}}), 1, "/object/17?size=1000", "500-", 206, 500, 500},
      {row(1000, trace::ByteRange{1000, 1001}), 1, "/object/17?size=1000", "1000-1001", 416, 0, 0},
      {row(0, trace::ByteRange{0, 99}), 1, "/object/17?size=100", "0-99", 206, 0, 100},
      {row(0, trace::ByteRange{9, {}}), 1, "/object/17?size=10", "9-", 206, 9, 1},
      {row(1000, {}), 0.1, "/object/17?size=100", "", 200, 0, 100},
      {row(1000, trace::ByteRange{500, 999}), 0.1, "/object/17?size=100", "50-99", 206, 50, 50},
      {row(3, {}), 0.1, "/object/17?size=1", "", 200, 0, 1},
      {row(1000, trace::ByteRange{1, 2}), 0.1, "/object/17?size=100", "0-0", 206, 0, 1},
      {row(1, {}), 1024, "/object/17?size=1024", "", 200, 0, 1024},
  };
  for (const Case& c : cases) {
    const Expectation want = expect(c.row, c.scale);
    CAPTURE(c.target);
    CAPTURE(c.range);
    CHECK(want.path == "/object/17");
    CHECK(want.target == c.target);
    CHECK(want.range == c.range);
    CHECK(want.status == c.status);
    CHECK(want.first == c.first);
    CHECK(want.length == c.length);
  }
}

}  // namespace
}  // namespace atl::cli
