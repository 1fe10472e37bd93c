#include "lib/trust/refusals.h"

#include <utility>

#include "lib/base/log.h"

namespace atl::trust {

bool Refusals::log(std::string line, MonoTime now) {
  const std::lock_guard lock(mutex_);
  if (said_.empty() || now - since_ >= kWithin) {
    said_.clear();
    since_ = now;
  }
  if (said_.size() > kMost) return false;
  const auto [at, added] = said_.insert(std::move(line));
  if (!added) return false;
  if (said_.size() > kMost) {
    log_warn("more refusals, which are not logged within the hour");
    return false;
  }
  log_warn("{}", *at);
  return true;
}

}  // namespace atl::trust
