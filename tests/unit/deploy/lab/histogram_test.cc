#include "deploy/lab/report/histogram.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "deploy/lab/random/random.h"

using atl::lab::Histogram;
using atl::lab::Random;

TEST_CASE("histogram: quantiles are right to a hundredth, at every order of magnitude") {
  for (const uint64_t scale : {10U, 1'000U, 100'000U, 1'000'000'000U}) {
    CAPTURE(scale);
    Random random(1, scale);
    Histogram histogram;
    std::vector<uint64_t> values;
    for (int i = 0; i < 20'000; ++i) {
      values.push_back(static_cast<uint64_t>(random.unit() * static_cast<double>(scale)));
      histogram.record(values.back());
    }
    std::ranges::sort(values);
    for (const double q : {0.01, 0.5, 0.95, 0.999}) {
      CAPTURE(q);
      const auto exact = static_cast<double>(values[static_cast<size_t>(q * 20'000) - 1]);
      CHECK(histogram.quantile_us(q) == doctest::Approx(exact).epsilon(0.01));
    }
    CHECK(histogram.max_us() == values.back());
  }
}

TEST_CASE("histogram: merging is counting together") {
  Random random(2, 1);
  Histogram a;
  Histogram b;
  Histogram both;
  for (int i = 0; i < 1000; ++i) {
    const uint64_t value = random.next() >> random.below(64);
    (i % 3 == 0 ? a : b).record(value);
    both.record(value);
  }
  a.merge(b);
  CHECK(a.count() == both.count());
  CHECK(a.mean_us() == both.mean_us());
  CHECK(a.cdf(60) == both.cdf(60));
}

TEST_CASE("histogram: a distribution rises to one with no more points than asked for") {
  Histogram nothing;
  CHECK(nothing.cdf(60).empty());
  CHECK(nothing.quantile_us(0.5) == 0);
  Random random(3, 1);
  Histogram histogram;
  for (int i = 0; i < 50'000; ++i) {
    histogram.record(static_cast<uint64_t>(-std::log(1 - random.unit()) * 1e6));
  }
  for (const size_t points : {1U, 2U, 60U}) {
    CAPTURE(points);
    const auto cdf = histogram.cdf(points);
    CHECK(cdf.size() <= points);
    CHECK(cdf.back().second == 1);
    CHECK(std::ranges::is_sorted(cdf));
    CHECK(std::ranges::is_sorted(cdf, {}, &std::pair<double, double>::second));
  }
  const auto tail = histogram.cdf(60);
  CHECK(std::ranges::count_if(tail, [](const auto& p) { return p.second > 0.95; }) >= 4);
}
