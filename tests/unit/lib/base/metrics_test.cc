#include "lib/base/metrics.h"

#include <doctest/doctest.h>

TEST_CASE("metrics: text format with escapes") {
  atl::MetricsText text;
  text.counter("atoll_requests_total", "Requests\nby \\ outcome");
  text.value("atoll_requests_total", {{"outcome", "hi\"t"}, {"pop", "fra"}}, uint64_t{7});
  text.gauge("atoll_load", "Share in use");
  text.value("atoll_load", {}, 0.5);
  CHECK(std::move(text).take() ==
        "# HELP atoll_requests_total Requests\\nby \\\\ outcome\n"
        "# TYPE atoll_requests_total counter\n"
        "atoll_requests_total{outcome=\"hi\\\"t\",pop=\"fra\"} 7\n"
        "# HELP atoll_load Share in use\n"
        "# TYPE atoll_load gauge\n"
        "atoll_load 0.5\n");
}
