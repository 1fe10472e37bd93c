// How far what the process uses (resident set) may leave what the cache counts, when objects of
// mixed sizes come and go. Built with the tests, run by hand, once per allocator:
//   build/release/tests/bench/cache/churn_bench [MIB] [THREADS] [free]
// With `free` nothing watches over the memory. Another allocator than the programs' is tried with
// LD_PRELOAD, the C library's with a build of -DATOLL_JEMALLOC=OFF.

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "edge/cache/head.h"
#include "edge/cache/key.h"
#include "edge/cache/store.h"
#include "edge/memory_watch.h"

namespace {

using namespace atl;
using namespace atl::cache;

constexpr WallTime kNow{std::chrono::seconds{1'800'000'000}};
constexpr size_t kPiece = size_t{64} << 10;  // a body comes from the origin in pieces like this

// Body sizes of a phase: lognormal. What the web serves changes within a day; a phase that leaves
// holes which the next one's objects do not fit into is the hard case for an allocator.
struct Phase {
  const char* name;
  double median;
  double sigma;
};
constexpr Phase kMixed{"mixed, 16 KiB", 16 << 10, 2.0};
constexpr Phase kPhases[] = {kMixed,
                             kMixed,
                             {"pages, 4 KiB", 4 << 10, 1.0},
                             kMixed,
                             {"images, 200 KiB", 200 << 10, 0.8},
                             kMixed,
                             {"small, 700 B", 700, 0.7},
                             kMixed,
                             kMixed};

uint64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  uint64_t total = 0;
  uint64_t resident = 0;
  file >> total >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

std::string key_of(uint64_t id) {
  std::string key;
  build_key({.distribution = "site",
             .authority = "example.org",
             .path_and_query = fmt::format("/objects/{:x}", id)},
            key);
  return key;
}

std::string make_head(uint64_t size) {
  const std::string length = std::to_string(size);
  const std::vector<http::Field> fields = {{"Content-Type", "text/html; charset=utf-8"},
                                           {"Content-Length", length},
                                           {"ETag", "\"5f3c1b2a-400\""},
                                           {"Cache-Control", "public, max-age=3600"}};
  std::string head;
  build_head(
      {.status = 200, .reason = "OK", .fields = fields, .received = kNow, .via = "atoll-fra"},
      head);
  return head;
}

Pin make(uint64_t id, uint64_t size) {
  std::vector<SegmentRef> body;
  for (uint64_t left = size; left > 0;) {
    const size_t piece = std::min<uint64_t>(left, kPiece);
    body.push_back(SegmentRef::adopt(std::string(piece, 'x')));
    left -= piece;
  }
  return *make_object({.key = key_of(id), .variant_key = {}, .head = make_head(size)},
                      std::move(body));
}

// Inserts `bytes` of objects of one phase; between two of them, looks a recent one up.
void churn(Store& store, const Phase& phase, uint64_t bytes, uint64_t first_id) {
  std::mt19937_64 random(first_id);
  std::lognormal_distribution<double> size(std::log(phase.median), phase.sigma);
  uint64_t id = first_id;
  for (uint64_t done = 0; done < bytes;) {
    const auto body = static_cast<uint64_t>(std::min(size(random), 8.0 * (1 << 20)));
    store.insert(make(++id, body));
    done += body + 500;
    const std::string again = key_of(first_id + random() % (id - first_id) + 1);
    (void)store.find(again, store.hash(again), {}, {}, kNow);
  }
}

}  // namespace

int main(int argc, char** argv) {
  uint64_t mib = 1024;
  unsigned threads = 2;
  const auto number = [&](int at, auto& into) {
    if (argc > at) std::from_chars(argv[at], argv[at] + std::string_view(argv[at]).size(), into);
  };
  number(1, mib);
  number(2, threads);
  const uint64_t capacity = mib << 20;
  const bool watched = argc < 4 || std::string_view(argv[3]) != "free";
  const uint64_t base = resident_bytes();
  Store store({.capacity = ByteSize{capacity}, .shards = 16, .hash_seed = 42, .make_policy = {}});
  fmt::print("{} MiB, {} threads, three times the capacity in each phase\n", mib, threads);
  std::atomic<uint64_t> peak = 0;
  const std::jthread watch([&](const std::stop_token& stop) {
    MemoryGovernor governor;
    for (int tick = 0; !stop.stop_requested(); ++tick) {
      std::this_thread::sleep_for(edge::MemoryWatch::kPeriod / 10);
      peak = std::max(peak.load(), resident_bytes());
      if (watched && tick % 10 == 0) edge::MemoryWatch::look(store, governor);
    }
  });
  double worst = 0;
  uint64_t id = 0;
  for (const Phase& phase : kPhases) {
    std::vector<std::jthread> workers;
    for (unsigned i = 0; i < threads; ++i) {
      workers.emplace_back(
          [&, first = id += 1'000'000'000] { churn(store, phase, capacity * 3 / threads, first); });
    }
    workers.clear();
    const auto counts = store.statistics();
    const auto resident = static_cast<double>(std::max(peak.exchange(0), resident_bytes()) - base);
    const double ratio = resident / static_cast<double>(capacity);
    worst = std::max(worst, ratio);
    fmt::print(
        "{:16} {:8} objects, counted {:5.1f} %, resident at most {:5.1f} % of the capacity\n",
        phase.name, counts.objects,
        100.0 * static_cast<double>(counts.bytes) / static_cast<double>(capacity), 100.0 * ratio);
    std::fflush(stdout);
  }
  fmt::print("worst: {:.1f} %\n", 100.0 * worst);
}
