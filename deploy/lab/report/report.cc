#include "deploy/lab/report/report.h"

namespace atl::lab {
namespace {

double share(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

void Stats::record(Served served, uint64_t body_bytes, uint64_t first_us, uint64_t complete_us) {
  ++requests;
  if (served == Served::Error) {
    ++errors;
    return;
  }
  hits += static_cast<uint64_t>(served == Served::Hit);
  stale += static_cast<uint64_t>(served == Served::Stale);
  misses += static_cast<uint64_t>(served == Served::Miss);
  bytes += body_bytes;
  if (served != Served::Miss) cached_bytes += body_bytes;
  first_byte.record(first_us);
  complete.record(complete_us);
}

void Stats::merge(const Stats& other) {
  requests += other.requests;
  hits += other.hits;
  stale += other.stale;
  misses += other.misses;
  errors += other.errors;
  bytes += other.bytes;
  cached_bytes += other.cached_bytes;
  first_byte.merge(other.first_byte);
  complete.merge(other.complete);
}

double Stats::hit_ratio() const { return share(hits + stale, requests); }
double Stats::byte_hit_ratio() const { return share(cached_bytes, bytes); }

Stats RunOutcome::total() const {
  Stats sum;
  for (const Stats& one : regions) sum.merge(one);
  return sum;
}

double RunOutcome::offload() const {
  uint64_t bytes = 0;
  for (const Stats& one : regions) bytes += one.bytes;
  return origin_bytes >= bytes ? 0 : 1 - share(origin_bytes, bytes);
}

}  // namespace atl::lab
