#include "lib/base/check.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>

#include "lib/base/log.h"

namespace atl {
namespace {
// A count of our own faults has to be reachable from anywhere; it carries no behaviour.
std::atomic<uint64_t> g_bugs{0};
}  // namespace

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: check failed: %s\n", file, line, condition);
  std::abort();
}

void report_bug(const char* what, const char* file, int line) {
  g_bugs.fetch_add(1, std::memory_order_relaxed);
  log_error("bug at {}:{}: {}", file, line, what);
#ifndef NDEBUG
  std::abort();
#endif
}

uint64_t bugs_reported() { return g_bugs.load(std::memory_order_relaxed); }

}  // namespace atl
