// What the cache costs on the hit and on the miss path. Built with the tests, run by hand:
//   build/release/tests/bench/cache/cache_bench --benchmark_min_time=0.2

#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <vector>

#include "edge/cache/freshness.h"
#include "edge/cache/head.h"
#include "edge/cache/key.h"
#include "edge/cache/range.h"
#include "edge/cache/storability.h"
#include "edge/cache/store.h"
#include "edge/cache/vary.h"

namespace {

using namespace atl;
using namespace atl::cache;

constexpr WallTime kNow{std::chrono::seconds{1'800'000'000}};

const std::vector<http::Field>& browser_fields() {
  static const std::vector<http::Field> fields = {
      {"Host", "example.org"},
      {"User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"},
      {"Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
      {"Accept-Language", "en-GB,en;q=0.9,de;q=0.8"},
      {"Accept-Encoding", "gzip, deflate, br"},
      {"Cookie", "session=0123456789abcdef"},
      {"Cache-Control", "max-age=0"}};
  return fields;
}

const std::vector<http::Field>& origin_fields() {
  static const std::vector<http::Field> fields = {
      {"Server", "nginx/1.22.1"},
      {"Date", "Fri, 15 Jan 2027 08:00:00 GMT"},
      {"Content-Type", "text/html; charset=utf-8"},
      {"Content-Length", "1024"},
      {"Last-Modified", "Thu, 14 Jan 2027 08:00:00 GMT"},
      {"ETag", "\"5f3c1b2a-400\""},
      {"Cache-Control", "public, max-age=3600, stale-while-revalidate=60"}};
  return fields;
}

std::string key_of(uint64_t id) {
  std::string key;
  build_key({.distribution = "site",
             .authority = "example.org",
             .path_and_query = "/images/products/" + std::to_string(1'000'000 + id) + ".html"},
            key);
  return key;
}

Pin object_of(const std::string& key, std::string_view variant, const SegmentRef& body) {
  std::string head;
  build_head({.status = 200,
              .reason = "OK",
              .fields = origin_fields(),
              .received = kNow,
              .via = "atoll-fra"},
             head);
  const Meta meta = make_meta({200, origin_fields()}, kNow, kNow, {});
  return *make_object(
      {.key = key, .variant_key = variant, .head = head, .status = 200, .meta = meta}, {body});
}

void judge_fresh(benchmark::State& state) {
  const Meta meta = make_meta({200, origin_fields()}, kNow, kNow, {});
  const RequestDirectives asked;
  for (auto _ : state) benchmark::DoNotOptimize(judge(meta, asked, kNow + std::chrono::seconds{5}));
}
BENCHMARK(judge_fresh);

void parse_request(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(parse_request_directives(browser_fields()));
}
BENCHMARK(parse_request);

void parse_response(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(parse_response_directives(origin_fields()));
}
BENCHMARK(parse_response);

void decide_store(benchmark::State& state) {
  const RequestView request{.method = "GET", .fields = browser_fields()};
  for (auto _ : state) benchmark::DoNotOptimize(may_store(request, {200, origin_fields()}, {}));
}
BENCHMARK(decide_store);

void make_meta_of_response(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(make_meta({200, origin_fields()}, kNow, kNow, {}));
}
BENCHMARK(make_meta_of_response);

void build_and_hash_key(benchmark::State& state) {
  std::string key;
  for (auto _ : state) {
    build_key({.distribution = "site",
               .authority = "example.org",
               .path_and_query = "/images/products/1000000.html"},
              key);
    benchmark::DoNotOptimize(hash_key(key, 42));
  }
}
BENCHMARK(build_and_hash_key);

void range_of_request(benchmark::State& state) {
  const std::vector<http::Field> fields = {{"Host", "example.org"}, {"Range", "bytes=1000-1999"}};
  const RequestView request{.method = "GET", .fields = fields};
  for (auto _ : state) benchmark::DoNotOptimize(decide_range(request, {.size = 1 << 20}));
}
BENCHMARK(range_of_request);

// Hits spread over as many objects as the argument says; the order is fixed and random.
void find_hit(benchmark::State& state) {
  const auto count = static_cast<uint64_t>(state.range(0));
  Store store({.capacity = ByteSize{count * 2048 + (1 << 20)}, .shards = 16, .hash_seed = 42});
  const SegmentRef body = SegmentRef::adopt(std::string(1024, 'x'));
  std::vector<std::string> keys;
  std::vector<uint64_t> hashes;
  for (uint64_t id = 0; id < count; ++id) {
    keys.push_back(key_of(id));
    hashes.push_back(store.hash(keys.back()));
    store.insert(object_of(keys.back(), {}, body));
  }
  std::mt19937_64 random(1);
  std::vector<uint32_t> order(1 << 16);
  for (uint32_t& at : order) at = static_cast<uint32_t>(random() % count);
  const RequestDirectives asked;
  size_t i = 0;
  for (auto _ : state) {
    const uint32_t at = order[i++ % order.size()];
    const auto found = store.find(keys[at], hashes[at], browser_fields(), asked, kNow);
    if (!found) state.SkipWithError("a hit was a miss");
    benchmark::DoNotOptimize(found.object.get());
  }
  state.counters["objects"] = static_cast<double>(count);
}
BENCHMARK(find_hit)->Arg(1)->Arg(10'000)->Arg(200'000);

void find_hit_varied(benchmark::State& state) {
  Store store({.capacity = ByteSize{1 << 20}, .shards = 1, .hash_seed = 42});
  const std::string key = key_of(1);
  const std::vector<http::Field> answer = {{"Vary", "Accept-Encoding"}};
  VariantKey variant;
  make_variant_key(browser_fields(), answer, variant);
  store.insert(object_of(key, variant.bytes(), SegmentRef::adopt("x")));
  const uint64_t hash = store.hash(key);
  for (auto _ : state) {
    const auto found = store.find(key, hash, browser_fields(), {}, kNow);
    if (!found) state.SkipWithError("a hit was a miss");
    benchmark::DoNotOptimize(found.object.get());
  }
}
BENCHMARK(find_hit_varied);

void find_miss(benchmark::State& state) {
  Store store({.capacity = ByteSize{64 << 20}, .shards = 16, .hash_seed = 42});
  const SegmentRef body = SegmentRef::adopt(std::string(1024, 'x'));
  for (uint64_t id = 0; id < 10'000; ++id) store.insert(object_of(key_of(id), {}, body));
  std::vector<std::string> keys;
  for (uint64_t id = 0; id < 4096; ++id) keys.push_back(key_of(1'000'000 + id));
  size_t i = 0;
  for (auto _ : state) {
    const std::string& key = keys[i++ % keys.size()];
    benchmark::DoNotOptimize(store.find(key, store.hash(key), browser_fields(), {}, kNow));
  }
}
BENCHMARK(find_miss);

// A new 1 KiB object into a full store: make it, evict for it, store it.
void insert_and_evict(benchmark::State& state) {
  Store store({.capacity = ByteSize{16 << 20}, .shards = 16, .hash_seed = 42});
  const SegmentRef body = SegmentRef::adopt(std::string(1024, 'x'));
  uint64_t id = 0;
  while (store.statistics().evictions == 0) store.insert(object_of(key_of(id++), {}, body));
  std::vector<Pin> fresh;
  for (auto _ : state) {
    if (fresh.empty()) {
      state.PauseTiming();
      for (int i = 0; i < 1024; ++i) fresh.push_back(object_of(key_of(id++), {}, body));
      state.ResumeTiming();
    }
    store.insert(std::move(fresh.back()));
    fresh.pop_back();
  }
}
BENCHMARK(insert_and_evict);

void make_small_object(benchmark::State& state) {
  const SegmentRef body = SegmentRef::adopt(std::string(1024, 'x'));
  const std::string key = key_of(1);
  std::string head;
  build_head({.status = 200,
              .reason = "OK",
              .fields = origin_fields(),
              .received = kNow,
              .via = "atoll-fra"},
             head);
  for (auto _ : state) {
    benchmark::DoNotOptimize(make_object({.key = key, .variant_key = {}, .head = head}, {body}));
  }
}
BENCHMARK(make_small_object);

}  // namespace

BENCHMARK_MAIN();
