#include "edge/cache/eviction/second_request.h"

#include <utility>

namespace atl::cache {

SecondRequest::SecondRequest(std::unique_ptr<EvictionPolicy> inner, PolicySpace space)
    : inner_(std::move(inner)), asked_once_(History::fewest_for(space)) {}

void SecondRequest::resize(uint32_t count) {
  inner_->resize(count);
  asked_once_.resize(count);
}

size_t SecondRequest::memory_for(uint32_t count) const {
  return sizeof(*this) + inner_->memory_for(count) + asked_once_.memory_for(count);
}

// The inner policy is asked in any case: it may count requests.
bool SecondRequest::admit(const Entry& entry) {
  if (!inner_->admit(entry)) return false;
  const auto tag = static_cast<uint32_t>(entry.hash);
  if (!full_ || asked_once_.take(tag) != 0) return true;
  asked_once_.remember(tag, 1);
  return false;
}

Handle SecondRequest::evict() {
  full_ = true;
  return inner_->evict();
}

// It was asked for twice before: once more is enough.
void SecondRequest::on_evicted(Handle handle, uint32_t tag) {
  inner_->on_evicted(handle, tag);
  asked_once_.remember(tag, 1);
}

}  // namespace atl::cache
