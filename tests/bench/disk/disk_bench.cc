// The disk tier by itself: writes a volume of many small objects, then measures recovery, index
// memory and reads. Built with the tests, run by hand:
//   build/release/tests/bench/disk/disk_bench FOLDER [OBJECTS [BODY_BYTES]]
// io_uring is driven through its system calls, so that nothing has to be installed to compare.

#include <fcntl.h>
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <filesystem>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "edge/cache/key.h"
#include "edge/disk/volume.h"

namespace {

using namespace atl;
using namespace atl::disk;
using Seconds = std::chrono::duration<double>;

std::string key_of(uint64_t i) { return "site/www.example.org/object/" + std::to_string(i); }

cache::Pin make(uint64_t i, const std::string& body) {
  std::vector<cache::SegmentRef> segments;
  segments.push_back(cache::SegmentRef::adopt(body));
  cache::Meta meta;
  meta.lifetime = 3600;
  auto object = cache::make_object({.key = key_of(i),
                                    .variant_key = {},
                                    .head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nETag: "
                                            "\"0123456789abcdef\"\r\n",
                                    .status = 200,
                                    .meta = meta},
                                   std::move(segments));
  if (!object) std::abort();
  return *object;
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

template <class Run>
double timed(Run run) {
  const auto begin = std::chrono::steady_clock::now();
  run();
  return Seconds(std::chrono::steady_clock::now() - begin).count();
}

void report(const char* what, uint64_t count, double wall, double cpu) {
  std::printf("%-28s %9.0f /s   %6.2f us CPU each\n", what, static_cast<double>(count) / wall,
              cpu * 1e6 / static_cast<double>(count));
}

// How a loop hands reads to threads: a queue with a lock, waiters on a condition.
void pread_pool(int file, const std::vector<uint64_t>& offsets, size_t size, unsigned threads) {
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<uint64_t> queue;
  bool done = false;
  std::vector<std::thread> pool;
  for (unsigned i = 0; i < threads; ++i) {
    pool.emplace_back([&] {
      std::vector<char> buffer(size);
      std::unique_lock lock(mutex);
      for (;;) {
        wake.wait(lock, [&] { return done || !queue.empty(); });
        if (queue.empty()) return;
        const uint64_t at = queue.front();
        queue.pop_front();
        lock.unlock();
        if (pread(file, buffer.data(), size, static_cast<off_t>(at)) < 0) std::abort();
        lock.lock();
      }
    });
  }
  for (const uint64_t at : offsets) {
    {
      const std::lock_guard lock(mutex);
      queue.push_back(at);
    }
    wake.notify_one();
  }
  {
    const std::lock_guard lock(mutex);
    done = true;
  }
  wake.notify_all();
  for (std::thread& thread : pool) thread.join();
}

// `depth` reads in flight; each batch is one system call.
bool uring_reads(int file, const std::vector<uint64_t>& offsets, size_t size, unsigned depth) {
  io_uring_params params{};
  const int ring = static_cast<int>(syscall(__NR_io_uring_setup, depth, &params));
  if (ring < 0) return false;
  const auto map = [&](size_t bytes, uint64_t at) {
    return static_cast<char*>(mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                                   MAP_SHARED | MAP_POPULATE, ring, static_cast<off_t>(at)));
  };
  char* sq = map(params.sq_off.array + params.sq_entries * sizeof(unsigned), IORING_OFF_SQ_RING);
  char* cq = map(params.cq_off.cqes + params.cq_entries * sizeof(io_uring_cqe), IORING_OFF_CQ_RING);
  auto* entries = reinterpret_cast<io_uring_sqe*>(
      map(params.sq_entries * sizeof(io_uring_sqe), IORING_OFF_SQES));
  const auto field = [](char* base, unsigned at) {
    return std::atomic_ref<unsigned>(*reinterpret_cast<unsigned*>(base + at));
  };
  const unsigned mask = field(sq, params.sq_off.ring_mask);
  auto* array = reinterpret_cast<unsigned*>(sq + params.sq_off.array);
  std::vector<std::vector<char>> buffers(depth, std::vector<char>(size));
  for (size_t next = 0; next < offsets.size();) {
    const auto count = static_cast<unsigned>(std::min<size_t>(depth, offsets.size() - next));
    unsigned tail = field(sq, params.sq_off.tail);
    for (unsigned i = 0; i < count; ++i, ++tail) {
      io_uring_sqe& entry = entries[tail & mask];
      std::memset(&entry, 0, sizeof(entry));
      entry.opcode = IORING_OP_READ;
      entry.fd = file;
      entry.off = offsets[next++];
      entry.addr = reinterpret_cast<uint64_t>(buffers[i].data());
      entry.len = static_cast<unsigned>(size);
      array[tail & mask] = tail & mask;
    }
    field(sq, params.sq_off.tail).store(tail, std::memory_order_release);
    if (syscall(__NR_io_uring_enter, ring, count, count, IORING_ENTER_GETEVENTS, nullptr, 0) < 0) {
      std::abort();
    }
    field(cq, params.cq_off.head)
        .store(field(cq, params.cq_off.tail).load(std::memory_order_acquire));
  }
  close(ring);
  return true;
}

void compare_reading(const std::string& path, uint64_t size) {
  constexpr size_t kRead = 2048;
  std::mt19937_64 random(3);
  std::vector<uint64_t> offsets(200'000);
  for (uint64_t& at : offsets) at = random() % (size - kRead) & ~uint64_t{511};
  // From the page cache, where the cost of the hand-over shows.
  const int file = open(path.c_str(), O_RDONLY);
  if (file < 0) std::abort();
  std::printf("2 KiB from the page cache:\n");
  for (const unsigned threads : {1U, 4U}) {
    const double cpu = cpu_seconds();
    const double wall = timed([&] { pread_pool(file, offsets, kRead, threads); });
    report(threads == 1 ? "  pread, 1 thread" : "  pread, 4 threads", offsets.size(), wall,
           cpu_seconds() - cpu);
  }
  for (const unsigned depth : {1U, 8U, 64U}) {
    const double cpu = cpu_seconds();
    bool works = false;
    const double wall = timed([&] { works = uring_reads(file, offsets, kRead, depth); });
    if (!works) {
      std::printf("  io_uring: the kernel refuses it\n");
      break;
    }
    const std::string what = "  io_uring, " + std::to_string(depth) + " in flight";
    report(what.c_str(), offsets.size(), wall, cpu_seconds() - cpu);
  }
  close(file);
}

void run(const std::string& folder, uint64_t objects, uint64_t body_bytes) {
  const std::string path = folder + "/disk_bench.volume";
  std::filesystem::remove(path);
  const uint64_t size =
      std::max<uint64_t>(uint64_t{64} << 20, objects * (body_bytes + 320) * 11 / 10);
  const VolumeOptions options{.path = path, .size = size, .tier_id = 1};
  const PurgeBook book(Matchers{});
  const std::string body(body_bytes, 'x');
  {
    auto volume = *Volume::open(options, open_file);
    if (!volume->recover()) std::abort();
    const double cpu = cpu_seconds();
    const double wall = timed([&] {
      for (uint64_t i = 0; i < objects; ++i) {
        const cache::Pin object = make(i, body);
        const uint64_t hash = cache::hash_key(object->key(), 1);
        if (!volume->append(*object, {hash, i + 1}, book, [](uint64_t) { return true; })) {
          std::abort();
        }
      }
      if (!volume->flush()) std::abort();
    });
    report("writing", objects, wall, cpu_seconds() - cpu);
  }
  for (const bool cold : {true, false}) {
    if (cold) {
      const int file = open(path.c_str(), O_RDONLY);
      if (fdatasync(file) != 0 || posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) != 0) std::abort();
      close(file);
    }
    auto volume = *Volume::open(options, open_file);
    const double wall = timed([&] {
      if (!volume->recover()) std::abort();
    });
    const size_t found = volume->index().size();
    std::printf("recovery, page cache %s: %zu objects in %.3f s; index %.1f bytes an object\n",
                cold ? "cold" : "warm", found, wall,
                static_cast<double>(volume->index().memory()) / static_cast<double>(found));
    if (cold) continue;
    std::mt19937_64 random(1);
    constexpr uint64_t kReads = 200'000;
    const double cpu = cpu_seconds();
    const double reading = timed([&] {
      for (uint64_t i = 0; i < kReads; ++i) {
        const std::string key = key_of(random() % objects);
        const auto got =
            volume->read(key, cache::hash_key(key, 1), book, [](std::string_view) { return true; });
        if (!got.object) std::abort();
      }
    });
    report("reading, one thread", kReads, reading, cpu_seconds() - cpu);
  }
  compare_reading(path, size);
  std::filesystem::remove(path);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: disk_bench FOLDER [OBJECTS [BODY_BYTES]]\n");
    return 2;
  }
  const uint64_t objects = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1'000'000;
  const uint64_t bytes = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1024;
  run(argv[1], objects, bytes);
  return 0;
}
