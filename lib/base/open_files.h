#pragma once

#include <cstdint>

namespace atl {

// Raises how many descriptors this process may have open (RLIMIT_NOFILE) from the soft limit, which
// shells and service managers leave at 1024 for programs that use select(2), to what the system
// allows, at most `most`. Returns what is in force afterwards. At the start, before there are
// threads.
uint64_t raise_open_files(uint64_t most);

// More than any of our programs has use for; where the system allows everything, this is the limit.
constexpr uint64_t kMostOpenFiles = 1 << 20;

}  // namespace atl
