// What a hit and a miss cost inside each eviction policy, without the store around it. By hand:
//   build/release/tests/bench/cache/policy_bench --benchmark_min_time=0.2

#include <benchmark/benchmark.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "edge/cache/eviction/registry.h"

namespace {

using namespace atl::cache;

uint64_t hash_of(uint64_t n) {
  const uint64_t x = (n + 1) * 0x9E3779B97F4A7C15ULL;
  return (x ^ (x >> 29)) * 0xBF58476D1CE4E5B9ULL;
}

// Sizes from 1 to 512 KiB, small ones as often as large ones.
uint64_t size_of(uint64_t hash) { return uint64_t{1024} << (hash >> 20) % 10; }

// A policy with `count` entries, of which some have been asked for again.
class Full {
 public:
  Full(std::string_view name, uint32_t count)
      : policy_(policy_maker(name, {uint64_t{count} << 16, 1})()), hashes_(count) {
    policy_->resize((count + 255) / 256 * 256);
    for (Handle handle = 0; handle < count; ++handle) insert(handle);
    std::mt19937 random(1);
    for (uint32_t i = 0; i < count; ++i) hit(static_cast<Handle>(random() % count));
    for (uint32_t i = 0; i < count; ++i) miss();
  }

  void hit(Handle handle) { policy_->on_hit(handle, hashes_[handle]); }
  void miss() {
    policy_->admit({hash_of(next_), size_of(hash_of(next_))});
    const Handle victim = policy_->evict();
    policy_->on_evicted(victim, static_cast<uint32_t>(hashes_[victim]));
    insert(victim);
  }

 private:
  void insert(Handle handle) {
    hashes_[handle] = hash_of(next_++);
    policy_->on_insert(handle, {hashes_[handle], size_of(hashes_[handle])});
    benchmark::DoNotOptimize(policy_->worth());
  }

  std::unique_ptr<EvictionPolicy> policy_;
  std::vector<uint64_t> hashes_;
  uint64_t next_ = 0;
};

std::vector<Handle> random_handles(uint32_t count) {
  std::mt19937 random(2);
  std::vector<Handle> handles(1 << 16);
  for (Handle& handle : handles) handle = static_cast<Handle>(random() % count);
  return handles;
}

void hits(benchmark::State& state, std::string_view name) {
  const auto count = static_cast<uint32_t>(state.range(0));
  Full full(name, count);
  const auto handles = random_handles(count);
  size_t i = 0;
  for (auto _ : state) full.hit(handles[i++ % handles.size()]);
}

// With a hit for each miss, so that some of what comes to the head has been hit.
void misses(benchmark::State& state, std::string_view name) {
  const auto count = static_cast<uint32_t>(state.range(0));
  Full full(name, count);
  const auto handles = random_handles(count);
  size_t i = 0;
  for (auto _ : state) {
    full.hit(handles[i++ % handles.size()]);
    full.miss();
  }
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  for (const std::string_view name : policy_names()) {
    benchmark::RegisterBenchmark(("hit/" + std::string(name)).c_str(), hits, name)
        ->Arg(10'000)
        ->Arg(1'000'000);
    benchmark::RegisterBenchmark(("hit_and_miss/" + std::string(name)).c_str(), misses, name)
        ->Arg(10'000)
        ->Arg(1'000'000);
  }
  benchmark::RunSpecifiedBenchmarks();
}
