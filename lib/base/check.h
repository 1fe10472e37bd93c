#pragma once

#include <cstdint>

// ATOLL_CHECK: an invariant of ours whose breach leaves nothing sensible to do: prints and aborts,
// in every build. ATOLL_BUG: one that can be survived: logs and counts, and aborts only where
// assertions are on. Bytes from outside never reach either.
#define ATOLL_CHECK(condition)                             \
  do {                                                     \
    if (!(condition)) [[unlikely]]                         \
      ::atl::check_failed(#condition, __FILE__, __LINE__); \
  } while (false)

#define ATOLL_BUG(what) ::atl::report_bug(what, __FILE__, __LINE__)

namespace atl {

[[noreturn]] void check_failed(const char* condition, const char* file, int line);
void report_bug(const char* what, const char* file, int line);

// How often ATOLL_BUG was reached in this process. Any thread.
uint64_t bugs_reported();

}  // namespace atl
