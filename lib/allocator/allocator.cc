#include "lib/allocator/allocator.h"

#ifdef ATOLL_JEMALLOC

#include <fcntl.h>
#include <jemalloc/jemalloc.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

// Read by jemalloc when the process starts. Free pages go back after a second, by a thread of the
// allocator's own: no worker waits for the kernel to take them.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:0";
}

namespace atl::allocator {
namespace {

// Not the allocator's "stats.resident": that counts pages of an allocation which were never
// touched, and a body that is a byte longer than a size class has many.
std::optional<uint64_t> anonymous_bytes() {
  const int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  std::array<char, 128> text{};
  const ssize_t got = read(file, text.data(), text.size() - 1);
  close(file);
  uint64_t total = 0;
  uint64_t resident = 0;
  uint64_t shared = 0;  // pages of files
  if (got <= 0 || std::sscanf(text.data(), "%lu %lu %lu", &total, &resident, &shared) != 3) {
    return std::nullopt;
  }
  return (resident - std::min(resident, shared)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

std::optional<Figures> figures() {
  uint64_t epoch = 1;
  size_t size = sizeof(epoch);
  // Writing the epoch is what makes the other figures those of now.
  if (mallctl("epoch", &epoch, &size, &epoch, sizeof(epoch)) != 0) return std::nullopt;
  size_t allocated = 0;
  size = sizeof(allocated);
  if (mallctl("stats.allocated", &allocated, &size, nullptr, 0) != 0) return std::nullopt;
  const auto resident = anonymous_bytes();
  if (!resident) return std::nullopt;
  return Figures{.allocated = allocated, .resident = *resident};
}

void release_free_memory() {
  // 4096 is MALLCTL_ARENAS_ALL; the macro that builds such names wants it spelt out.
  static_assert(MALLCTL_ARENAS_ALL == 4096);
  mallctl("arena.4096.purge", nullptr, nullptr, nullptr, 0);
}

}  // namespace atl::allocator

#else

namespace atl::allocator {

std::optional<Figures> figures() { return std::nullopt; }
void release_free_memory() {}

}  // namespace atl::allocator

#endif
