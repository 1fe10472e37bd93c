#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <string>
#include <vector>

#include "control-plane/fleet/purge.h"

namespace atl::control {

// The numbered purges, on disk, so that a node that was away is told what it missed, also after a
// restart of the control plane. Holds the latest ones; what is older counts as "everything". One
// thread; writing blocks until it is durable.
class PurgeLog {
 public:
  // Entries beyond this are dropped when twice as many have gathered.
  static constexpr size_t kKept = 1000;

  // Reads what is there. A torn or damaged end is cut off and named in `warning`.
  static std::expected<PurgeLog, std::string> open(std::string path, std::string& warning);

  // Gives `what` its number. Nothing changed if that fails.
  std::expected<Purge, std::string> append(PurgeRequest what, uint64_t time_ms);

  uint64_t last() const { return last_; }

  // What a node that has carried out everything up to `number` still has to do, in order.
  std::vector<Purge> after(uint64_t number) const;

 private:
  explicit PurgeLog(std::string path) : path_(std::move(path)) {}
  std::expected<void, std::string> rewrite();

  std::string path_;
  std::deque<Purge> entries_;  // numbers are consecutive
  uint64_t last_ = 0;          // 0: none yet
};

}  // namespace atl::control
