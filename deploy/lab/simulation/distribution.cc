#include "deploy/lab/simulation/distribution.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace atl::lab {
namespace {

double probability(size_t index) {
  return (static_cast<double>(index) + 0.5) / static_cast<double>(Quantiles::kCount);
}

double jitter_quantile(const Wire& wire, double q) {
  switch (wire.jitter) {
    case Wire::Jitter::Exponential:
      return -std::log1p(-q);
    case Wire::Jitter::Lognormal:
      return std::exp(wire.jitter_sigma * normal_quantile(q));
    case Wire::Jitter::Uniform:
      return q;
  }
  return 0;
}

}  // namespace

// Newton's method on the error function: exact, and only used to fill tables.
double normal_quantile(double q) {
  double x = 0;
  for (int i = 0; i < 64; ++i) {
    const double below = 0.5 * std::erfc(-x / std::numbers::sqrt2);
    const double slope = std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi);
    const double step = std::clamp((below - q) / std::max(slope, 1e-12), -0.5, 0.5);
    x -= step;
    if (std::abs(step) < 1e-13) break;
  }
  return x;
}

Quantiles Quantiles::of_jitter(const Wire& wire) {
  Quantiles result;
  if (wire.jitter_ms <= 0) return result;
  std::array<double, kCount> shape;
  for (size_t i = 0; i < kCount; ++i) shape[i] = jitter_quantile(wire, probability(i));
  const double mean = std::accumulate(shape.begin(), shape.end(), 0.0) / double{kCount};
  const double scale = wire.jitter_ms * 1000 / mean;
  for (size_t i = 0; i < kCount; ++i) {
    result.values_[i] = static_cast<uint64_t>(std::llround(shape[i] * scale));
  }
  return result;
}

Quantiles Quantiles::lognormal(double median, double sigma, double most) {
  Quantiles result;
  for (size_t i = 0; i < kCount; ++i) {
    const double value = median * std::exp(sigma * normal_quantile(probability(i)));
    result.values_[i] = static_cast<uint64_t>(std::llround(std::clamp(value, 1.0, most)));
  }
  return result;
}

double Quantiles::mean() const {
  return std::accumulate(values_.begin(), values_.end(), 0.0) / double{kCount};
}

Zipf::Zipf(uint64_t n, double skew)
    : n_(static_cast<double>(n)),
      skew_(skew),
      left_(integral(1.5) - 1),
      right_(integral(n_ + 0.5)),
      certain_(2 - inverse(integral(2.5) - density(2))) {}

double Zipf::density(double x) const { return std::exp(-skew_ * std::log(x)); }

// Of the density from 1 to x.
double Zipf::integral(double x) const {
  const double log = std::log(x);
  const double power = (1 - skew_) * log;
  return std::abs(power) < 1e-12 ? log : log * std::expm1(power) / power;
}

double Zipf::inverse(double y) const {
  const double t = std::max(y * (1 - skew_), -1 + 1e-15);
  return std::abs(t) < 1e-12 ? std::exp(y) : std::exp(std::log1p(t) / (1 - skew_));
}

uint64_t Zipf::sample(Random& random) const {
  for (;;) {
    const double u = right_ + random.unit() * (left_ - right_);
    const double x = inverse(u);
    const double rank = std::clamp(std::floor(x + 0.5), 1.0, n_);
    if (rank - x <= certain_ || u >= integral(rank + 0.5) - density(rank)) {
      return static_cast<uint64_t>(rank);
    }
  }
}

Alias::Alias(std::span<const double> weights) : columns_(weights.size()) {
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<double> scaled(weights.size());
  std::vector<uint32_t> small;
  std::vector<uint32_t> large;
  for (uint32_t i = 0; i < weights.size(); ++i) {
    scaled[i] = weights[i] / sum * static_cast<double>(weights.size());
    (scaled[i] < 1 ? small : large).push_back(i);
  }
  while (!small.empty() && !large.empty()) {
    const uint32_t poor = small.back();
    const uint32_t rich = large.back();
    small.pop_back();
    columns_[poor] = {scaled[poor], rich};
    scaled[rich] -= 1 - scaled[poor];
    if (scaled[rich] >= 1) continue;
    large.pop_back();
    small.push_back(rich);
  }
  // What rounding left over is whole.
  for (const uint32_t i : small) columns_[i] = {1, i};
  for (const uint32_t i : large) columns_[i] = {1, i};
}

uint32_t Alias::sample(Random& random) const {
  const uint32_t column = random.below(static_cast<uint32_t>(columns_.size()));
  return random.unit() < columns_[column].keep ? column : columns_[column].other;
}

}  // namespace atl::lab
