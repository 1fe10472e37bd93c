// How long a purge by tag takes in one node's memory, how long a lookup waits for it at most, and
// what tags cost in memory. Built with the tests, run by hand:
//   build/release/tests/bench/purge/tag_bench

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "edge/cache/head.h"
#include "edge/cache/hidden.h"
#include "edge/cache/key.h"
#include "edge/cache/store.h"

namespace {

using namespace atl;
using namespace atl::cache;
using Clock = std::chrono::steady_clock;

constexpr WallTime kNow{std::chrono::seconds{1'800'000'000}};
constexpr int kRounds = 5;

std::string key_of(size_t id) {
  std::string key;
  build_key({.distribution = "site",
             .authority = "example.org",
             .path_and_query = fmt::format("/objects/{:x}", id)},
            key);
  return key;
}

// As the edge stores it: tags in the part that clients do not get. Empty `tags`: there are none.
Pin make(size_t id, const std::string& tags) {
  std::vector<http::Field> fields = {{"Content-Type", "text/html; charset=utf-8"},
                                     {"Content-Length", "0"},
                                     {"ETag", "\"5f3c1b2a-400\""},
                                     {"Last-Modified", "Wed, 01 Jan 2025 00:00:00 GMT"},
                                     {"X-Request-Id", "8f14e45fceea167a5a36dedd4bea2543"},
                                     {"Cache-Control", "public, max-age=3600"}};
  if (!tags.empty()) fields.push_back({"Surrogate-Key", tags});
  std::string full;
  build_head(
      {.status = 200, .reason = "OK", .fields = fields, .received = kNow, .via = "atoll-fra"},
      full);
  const std::vector<std::string> hide{"surrogate-key"};
  std::string head;
  if (!hide_lines(full, {.hide = hide, .add = {}}, head)) head = full;
  return *make_object({.key = key_of(id), .variant_key = {}, .head = head}, {});
}

// Of this thread: on a busy machine the figure that holds.
double cpu_ms() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

struct Measured {
  double purge_ms = 0;
  double cpu_ms = 0;
  double longest_lookup_us = 0;
  size_t purged = 0;
};

// Purges while another thread looks things up.
Measured purge(Store& store, size_t objects) {
  std::atomic<bool> stop = false;
  double longest = 0;
  std::jthread reader([&] {
    for (size_t id = 0; !stop; id = (id + 7919) % objects) {
      const std::string key = key_of(id);
      const auto begun = Clock::now();
      (void)store.find(key, store.hash(key), {}, {}, kNow);
      longest = std::max(longest,
                         std::chrono::duration<double, std::micro>(Clock::now() - begun).count());
    }
  });
  Measured measured;
  const double cpu = cpu_ms();
  const auto begun = Clock::now();
  measured.purged = store.remove_tagged("all", Purge::Hard);
  measured.purge_ms = std::chrono::duration<double, std::milli>(Clock::now() - begun).count();
  measured.cpu_ms = cpu_ms() - cpu;
  stop = true;
  reader.join();
  measured.longest_lookup_us = longest;
  return measured;
}

void run(size_t objects, size_t tagged) {
  std::vector<Measured> rounds;
  for (int round = 0; round < kRounds; ++round) {
    Store store({.capacity = ByteSize{uint64_t{4} << 30},
                 .shards = 16,
                 .hash_seed = 42,
                 .make_policy = {}});
    for (size_t id = 0; id < objects; ++id) {
      const std::string own = fmt::format("product-{} shop-{}", id, id % 100);
      store.insert(make(id, id < tagged ? own + " all" : own));
    }
    rounds.push_back(purge(store, objects));
    if (rounds.back().purged != tagged) fmt::print("purged {}\n", rounds.back().purged);
  }
  std::sort(rounds.begin(), rounds.end(),
            [](const Measured& a, const Measured& b) { return a.purge_ms < b.purge_ms; });
  double longest = 0;
  for (const Measured& one : rounds) longest = std::max(longest, one.longest_lookup_us);
  fmt::print(
      "{:>9} objects, {:>7} with the tag: {:7.1f} ms ({:.1f}-{:.1f}), CPU {:.1f} ms, longest "
      "lookup {:.0f} us\n",
      objects, tagged, rounds[kRounds / 2].purge_ms, rounds.front().purge_ms,
      rounds.back().purge_ms, rounds[kRounds / 2].cpu_ms, longest);
}

}  // namespace

int main() {
  run(100'000, 100'000);
  run(100'000, 100);
  run(1'000'000, 100'000);
  // Objects are charged in the allocator's steps, so the text of many tags is compared.
  std::string many;
  for (int i = 0; i < 64; ++i) many += fmt::format("product-{:05} ", i);
  const size_t none = make(1, "")->charge();
  const size_t all = make(1, many)->charge();
  fmt::print(
      "memory: no tag {} bytes, 64 tags {}: {:.1f} bytes for each, of which 14 are its text\n",
      none, all, static_cast<double>(all - none) / 64);
}
