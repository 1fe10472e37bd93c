#include "deploy/lab/live/metrics.h"

#include <doctest/doctest.h>

namespace atl::lab {
namespace {

TEST_CASE("metric: the sum over labels, of that name only") {
  const char* const text =
      "# HELP a_total x\n# TYPE a_total counter\n"
      "a_total{how=\"x\"} 3\na_total{how=\"y z\"} 4.5\na_total_more 100\na 7\nb nonsense\nc";
  CHECK(metric(text, "a_total") == 7.5);
  CHECK(metric(text, "a") == 7);
  CHECK_FALSE(metric(text, "b"));
  CHECK_FALSE(metric(text, "c"));
  CHECK_FALSE(metric(text, "d"));
  CHECK_FALSE(metric("", "a"));
}

}  // namespace
}  // namespace atl::lab
