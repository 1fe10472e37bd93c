#include "deploy/cli/replay/tally.h"

#include <bit>
#include <cmath>
#include <utility>

namespace atl::cli {
namespace {

double ratio(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

// Below 16 each value has its own bucket; above, the four bits after the leading one choose.
size_t LatencyHistogram::bucket_of(uint64_t us) {
  constexpr uint64_t kSub = uint64_t{1} << kSubBits;
  if (us < kSub) return static_cast<size_t>(us);
  const auto shift = static_cast<unsigned>(std::bit_width(us)) - 1 - kSubBits;
  return ((shift + 1) << kSubBits) + static_cast<size_t>((us >> shift) - kSub);
}

uint64_t LatencyHistogram::upper_bound(size_t bucket) {
  constexpr uint64_t kSub = uint64_t{1} << kSubBits;
  if (bucket < kSub) return bucket;
  const auto shift = static_cast<unsigned>(bucket >> kSubBits) - 1;
  return ((kSub + bucket % kSub + 1) << shift) - 1;
}

void LatencyHistogram::merge(const LatencyHistogram& other) {
  for (size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
}

uint64_t LatencyHistogram::quantile(double q) const {
  uint64_t total = 0;
  for (const uint64_t count : buckets_) total += count;
  if (total == 0) return 0;
  const auto rank = static_cast<uint64_t>(std::ceil(q * static_cast<double>(total)));
  uint64_t seen = 0;
  for (size_t i = 0; i < kBuckets; ++i) {
    seen += buckets_[i];
    if (seen >= rank && buckets_[i] != 0) return upper_bound(i);
  }
  return upper_bound(kBuckets - 1);
}

double PopTally::hit_ratio() const { return ratio(hits, answered()); }
double PopTally::byte_hit_ratio() const { return ratio(hit_bytes, bytes); }

void PopTally::count(Answered how, uint64_t body_bytes) {
  ++requests;
  bytes += body_bytes;
  switch (how) {
    case Answered::Hit:
      ++hits;
      hit_bytes += body_bytes;
      return;
    case Answered::Revalidated:
      ++revalidated;
      return;
    case Answered::Collapsed:
      ++collapsed;
      return;
    case Answered::Forwarded:
      ++forwarded;
      return;
    case Answered::Unknown:
      ++unlabelled;
      return;
  }
}

void PopTally::merge(const PopTally& other) {
  requests += other.requests;
  hits += other.hits;
  revalidated += other.revalidated;
  collapsed += other.collapsed;
  forwarded += other.forwarded;
  unlabelled += other.unlabelled;
  errors += other.errors;
  bytes += other.bytes;
  hit_bytes += other.hit_bytes;
  first_byte.merge(other.first_byte);
  complete.merge(other.complete);
}

void Tally::fail(size_t pop, const std::string& kind, std::string example) {
  ++pops[pop].requests;
  ++pops[pop].errors;
  ErrorTally& error = errors[kind];
  if (error.count++ == 0) error.example = std::move(example);
}

void Tally::merge(const Tally& other) {
  for (size_t i = 0; i < pops.size(); ++i) pops[i].merge(other.pops[i]);
  for (const auto& [kind, error] : other.errors) {
    ErrorTally& mine = errors[kind];
    if (mine.count == 0) mine.example = error.example;
    mine.count += error.count;
  }
}

}  // namespace atl::cli
