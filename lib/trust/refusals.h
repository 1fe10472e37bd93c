#pragma once

#include <mutex>
#include <set>
#include <string>

#include "lib/base/clock.h"

namespace atl::trust {

// Logs who was refused and why, once: whoever is refused tries again and again, and a stranger may
// do so under many names. Any thread.
class Refusals {
 public:
  static constexpr size_t kMost = 100;             // different lines
  static constexpr std::chrono::hours kWithin{1};  // then they are told again

  // Whether the line was logged.
  bool log(std::string line, MonoTime now);

 private:
  std::mutex mutex_;
  std::set<std::string> said_;
  MonoTime since_{};
};

}  // namespace atl::trust
