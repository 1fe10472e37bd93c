#include "edge/stats/counters.h"

#include <array>

namespace atl::edge {
namespace {

#define ATOLL_EDGE_INFO(name, help) CounterInfo{#name, help},
constexpr std::array kInfos = {ATOLL_EDGE_COUNTERS(ATOLL_EDGE_INFO)};
#undef ATOLL_EDGE_INFO

#define ATOLL_EDGE_MEMBER(name, help) &Counters::name,
constexpr std::array<Counter Counters::*, kInfos.size()> kMembers = {
    ATOLL_EDGE_COUNTERS(ATOLL_EDGE_MEMBER)};
#undef ATOLL_EDGE_MEMBER

}  // namespace

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::Hit:
      return "hit";
    case Outcome::Stale:
      return "stale";
    case Outcome::Revalidated:
      return "revalidated";
    case Outcome::Miss:
      return "miss";
    case Outcome::Collapsed:
      return "collapsed";
    case Outcome::Bypass:
      return "bypass";
    case Outcome::Error:
      return "error";
    case Outcome::Refused:
      return "refused";
  }
  return "unknown";
}

std::span<const CounterInfo> counter_infos() { return kInfos; }

uint64_t Counters::value(size_t index) const { return (this->*kMembers[index]).get(); }

void Counters::count(Outcome outcome) {
  switch (outcome) {
    case Outcome::Hit:
      return hits.add();
    case Outcome::Stale:
      return stale.add();
    case Outcome::Revalidated:
      return revalidated.add();
    case Outcome::Miss:
      return misses.add();
    case Outcome::Collapsed:
      return collapsed.add();
    case Outcome::Bypass:
      return bypassed.add();
    case Outcome::Error:
      return errors.add();
    case Outcome::Refused:
      return refused.add();
  }
}

void LatencyCounter::add_to(Histogram& total) const {
  for (size_t i = 0; i < Histogram::kBuckets; ++i) total.buckets[i] += buckets_[i].get();
  total.sum_us += sum_us_.get();
}

}  // namespace atl::edge
