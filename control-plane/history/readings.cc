#include "control-plane/history/readings.h"

#include <algorithm>
#include <chrono>

namespace atl::control {
namespace {

constexpr std::chrono::seconds kRhythm{1};  // of reports

uint64_t between(uint64_t a, uint64_t b, double part) {
  if (b <= a) return a;
  return a + static_cast<uint64_t>(static_cast<double>(b - a) * part);
}

Latencies between(const Latencies& a, const Latencies& b, double part) {
  Latencies made;
  made.buckets.resize(std::max(a.buckets.size(), b.buckets.size()));
  const auto bucket = [](const Latencies& of, size_t i) {
    return i < of.buckets.size() ? of.buckets[i] : 0;
  };
  for (size_t i = 0; i < made.buckets.size(); ++i) {
    made.buckets[i] = between(bucket(a, i), bucket(b, i), part);
  }
  made.sum_us = between(a.sum_us, b.sum_us, part);
  return made;
}

// The counts of `more` on top of those of `base`; the gauges are those of `more`.
NodeStatistics sum(const NodeStatistics& base, const NodeStatistics& more) {
  NodeStatistics made = more;
  for (size_t i = 0; i < kFirstGauge; ++i) made.counts[i] += base.counts[i];
  add(made.ttfb_hit, base.ttfb_hit);
  add(made.ttfb_miss, base.ttfb_miss);
  return made;
}

bool went_back(const NodeStatistics& before, const NodeStatistics& after) {
  return !std::equal(before.counts.begin(), before.counts.begin() + kFirstGauge,
                     after.counts.begin(), std::less_equal<>());
}

}  // namespace

void Readings::add(std::string_view instance, MonoTime at, const NodeStatistics& statistics) {
  const bool restarted =
      !kept_.empty() && (instance != instance_ || went_back(reported_, statistics));
  if (restarted) {
    ended_ = sum(ended_, reported_);
    // It began at nothing, not long before it said this.
    const MonoTime began = std::max(kept_.back().at, at - kRhythm);
    if (began > kept_.back().at) kept_.push_back({began, kept_.back().total});
  }
  if (!kept_.empty() && at <= kept_.back().at) at = kept_.back().at + std::chrono::nanoseconds(1);
  instance_ = instance;
  reported_ = statistics;
  kept_.push_back({at, sum(ended_, statistics)});
  while (kept_.size() > kKept) kept_.pop_front();
}

NodeStatistics Readings::at(MonoTime time) const {
  if (kept_.empty()) return {};
  const auto after = std::upper_bound(kept_.begin(), kept_.end(), time,
                                      [](MonoTime t, const Kept& kept) { return t < kept.at; });
  if (after == kept_.begin()) return kept_.front().total;
  const Kept& before = *std::prev(after);
  if (after == kept_.end()) return before.total;
  const double part = std::chrono::duration<double>(time - before.at) / (after->at - before.at);
  NodeStatistics made = before.total;
  for (size_t i = 0; i < kFirstGauge; ++i) {
    made.counts[i] = between(before.total.counts[i], after->total.counts[i], part);
  }
  made.ttfb_hit = between(before.total.ttfb_hit, after->total.ttfb_hit, part);
  made.ttfb_miss = between(before.total.ttfb_miss, after->total.ttfb_miss, part);
  return made;
}

}  // namespace atl::control
