#pragma once

#include <cstdint>
#include <optional>

// The programs' allocator: jemalloc, in every build without a sanitizer (docs/adr/0015). Linking
// with this room is what makes a program use it.

namespace atl::allocator {

struct Figures {
  uint64_t allocated = 0;  // bytes in use, each rounded up as the allocator does
  uint64_t resident = 0;   // bytes of anonymous memory that the process has (proc(5), statm)
};

// As of now; nullopt where the allocator does not say (a sanitizer's). Takes some ten microseconds
// and the allocator's locks, one after another. Any thread.
std::optional<Figures> figures();

// Gives what is free and still resident back to the kernel. May take milliseconds. Any thread.
void release_free_memory();

}  // namespace atl::allocator
