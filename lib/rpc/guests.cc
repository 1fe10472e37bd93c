#include "lib/rpc/guests.h"

#include <utility>
#include <vector>

#include "lib/base/log.h"

namespace atl::rpc {

Guests::Stay Guests::enter(std::shared_ptr<const trust::Caller> caller,
                           std::weak_ptr<Guest> guest) {
  const std::lock_guard lock(mutex_);
  const uint64_t id = next_id_++;
  guests_.emplace(id, Entry{std::move(caller), std::move(guest)});
  return {shared_from_this(), id};
}

void Guests::leave(uint64_t id) {
  const std::lock_guard lock(mutex_);
  guests_.erase(id);
}

void Guests::recheck() {
  std::vector<std::shared_ptr<Guest>> unwanted;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, entry] : guests_) {
      const char* wrong = admission_->objection(*entry.caller);
      if (wrong == nullptr) continue;
      log_warn("a call of {} is ended: {}", entry.caller->uri, wrong);
      if (auto guest = entry.guest.lock()) unwanted.push_back(std::move(guest));
    }
  }
  // Without the lock: whoever goes leaves the list.
  for (const auto& guest : unwanted) guest->evict();
}

}  // namespace atl::rpc
