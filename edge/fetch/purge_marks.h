#pragma once

#include <atomic>
#include <cstdint>

namespace atl::edge {

// How far a node is with the control plane's purges, for what edges tell one another: who asks says
// what it began, before it cleared anything; who answers goes by what it has done. So nobody that
// has purged is given what was purged by somebody who has not. Any thread.
struct PurgeMarks {
  std::atomic<uint64_t> begun{0};
  std::atomic<uint64_t> done{0};

  static void raise(std::atomic<uint64_t>& mark, uint64_t number) {
    uint64_t old = mark.load();
    while (old < number && !mark.compare_exchange_weak(old, number)) {
    }
  }
};

}  // namespace atl::edge
