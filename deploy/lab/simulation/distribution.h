#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "deploy/lab/random/random.h"
#include "deploy/lab/scenario/scenario.h"

namespace atl::lab {

// A distribution as 4096 of its quantiles: drawn from with twelve random bits and one look.
class Quantiles {
 public:
  static constexpr unsigned kBits = 12;
  static constexpr size_t kCount = size_t{1} << kBits;

  // Of what a path adds to a round trip, in microseconds; the mean is exact.
  static Quantiles of_jitter(const Wire& wire);
  // exp(N(ln median, sigma)), none above `most`, at least 1.
  static Quantiles lognormal(double median, double sigma, double most);

  // Any bits: the low kBits are taken.
  uint64_t at(uint64_t bits) const { return values_[bits & (kCount - 1)]; }
  double mean() const;

 private:
  std::array<uint64_t, kCount> values_{};
};

// The normal distribution's quantile, 0 < q < 1.
double normal_quantile(double q);

// Ranks 1..n with probability ~ 1 / rank^skew, by rejection-inversion (Hörmann, Derflinger 1996):
// no table, however large n is.
class Zipf {
 public:
  Zipf(uint64_t n, double skew);
  uint64_t sample(Random& random) const;

 private:
  double integral(double x) const;
  double inverse(double y) const;
  double density(double x) const;

  double n_;
  double skew_;
  double left_;
  double right_;
  double certain_;  // so near to the rank that it need not be looked at
};

// Indices with given weights, in constant time (Walker 1977, Vose 1991).
class Alias {
 public:
  // At least one weight above zero.
  explicit Alias(std::span<const double> weights);
  uint32_t sample(Random& random) const;

 private:
  struct Column {
    double keep = 1;
    uint32_t other = 0;
  };
  std::vector<Column> columns_;
};

}  // namespace atl::lab
