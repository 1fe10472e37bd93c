#include "deploy/lab/simulation/distribution.h"

#include <doctest/doctest.h>

#include <cmath>
#include <unordered_map>
#include <vector>

#include "deploy/lab/simulation/flights.h"

using namespace atl::lab;

TEST_CASE("random: the same seed repeats itself, another stream does not") {
  Random a(7, 1);
  Random b(7, 1);
  Random c(7, 2);
  int alike = 0;
  for (int i = 0; i < 100; ++i) {
    const uint64_t value = a.next();
    CHECK(value == b.next());
    alike += static_cast<int>(value == c.next());
  }
  CHECK(alike == 0);
}

TEST_CASE("zipf: each rank is drawn as often as its power says") {
  for (const double skew : {0.0, 0.5, 0.8, 1.0, 1.3, 2.5}) {
    CAPTURE(skew);
    constexpr uint64_t kObjects = 50;
    constexpr int kDraws = 400'000;
    const Zipf zipf(kObjects, skew);
    Random random(1, 1);
    std::vector<int> drawn(kObjects + 1);
    for (int i = 0; i < kDraws; ++i) ++drawn.at(zipf.sample(random));
    CHECK(drawn[0] == 0);
    double sum = 0;
    for (uint64_t k = 1; k <= kObjects; ++k) sum += std::pow(static_cast<double>(k), -skew);
    for (uint64_t k = 1; k <= kObjects; ++k) {
      CAPTURE(k);
      const double expected = kDraws * std::pow(static_cast<double>(k), -skew) / sum;
      CHECK(std::abs(drawn[k] - expected) < 5 * std::sqrt(expected) + 1);
    }
  }
}

TEST_CASE("zipf: one object is always that one, and a billion need no table") {
  Random random(1, 1);
  CHECK(Zipf(1, 0.9).sample(random) == 1);
  const Zipf many(1'000'000'000, 0.7);
  uint64_t largest = 0;
  for (int i = 0; i < 1000; ++i) largest = std::max(largest, many.sample(random));
  CHECK(largest > 100'000'000);
  CHECK(largest <= 1'000'000'000);
}

TEST_CASE("alias: indices come as often as their weights say, those of weight zero never") {
  const std::vector<double> weights{5, 0, 1, 0.5, 3.5};
  const Alias alias(weights);
  Random random(1, 1);
  std::vector<int> drawn(weights.size());
  for (int i = 0; i < 100'000; ++i) ++drawn[alias.sample(random)];
  for (size_t i = 0; i < weights.size(); ++i) {
    CAPTURE(i);
    CHECK(drawn[i] == doctest::Approx(weights[i] * 10'000).epsilon(0.05));
  }
  CHECK(drawn[1] == 0);
}

TEST_CASE("quantiles: the mean of a jitter is what was asked for, whatever its shape") {
  for (const auto shape :
       {Wire::Jitter::Exponential, Wire::Jitter::Lognormal, Wire::Jitter::Uniform}) {
    const Quantiles jitter = Quantiles::of_jitter({.jitter = shape, .jitter_ms = 12.5});
    CHECK(jitter.mean() == doctest::Approx(12'500).epsilon(0.001));
  }
  CHECK(Quantiles::of_jitter({}).mean() == 0);
  const Quantiles sizes = Quantiles::lognormal(1000, 1, 5000);
  CHECK(sizes.at(2047) == doctest::Approx(1000).epsilon(0.01));
  CHECK(sizes.at(4095) == 5000);
  CHECK(normal_quantile(0.975) == doctest::Approx(1.959964).epsilon(1e-6));
}

TEST_CASE("flights: what is under way is found until it is removed") {
  Flights flights;
  std::unordered_map<uint64_t, uint32_t> model;
  Random random(1, 1);
  for (uint32_t i = 0; i < 50'000; ++i) {
    const uint64_t object = random.below(700);
    const auto known = model.find(object);
    const auto found = flights.find(object);
    REQUIRE(found.has_value() == (known != model.end()));
    if (found) {
      REQUIRE(*found == known->second);
      flights.remove(object);
      model.erase(known);
    } else {
      flights.add(object, i);
      model.emplace(object, i);
    }
    REQUIRE(flights.size() == model.size());
  }
}
