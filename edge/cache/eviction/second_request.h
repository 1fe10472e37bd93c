#pragma once

#include <memory>

#include "edge/cache/eviction/history.h"
#include "edge/cache/eviction/policy.h"

namespace atl::cache {

// Admits what is asked for a second time, to any policy: most objects never are, and would push out
// those that are. Everything is admitted until something had to leave. Remembers one to two times
// as many hashes as there are handles, at 4 bytes each.
class SecondRequest final : public EvictionPolicy {
 public:
  SecondRequest(std::unique_ptr<EvictionPolicy> inner, PolicySpace space);
  void resize(uint32_t count) override;
  size_t memory_for(uint32_t count) const override;
  bool admit(const Entry& entry) override;
  void on_insert(Handle handle, const Entry& entry) override { inner_->on_insert(handle, entry); }
  void on_hit(Handle handle, uint64_t hash) override { inner_->on_hit(handle, hash); }
  void on_replace(Handle handle, const Entry& entry) override { inner_->on_replace(handle, entry); }
  void on_remove(Handle handle) override { inner_->on_remove(handle); }
  Handle evict() override;
  void on_evicted(Handle handle, uint32_t tag) override;
  uint64_t worth() override { return inner_->worth(); }

 private:
  std::unique_ptr<EvictionPolicy> inner_;
  History asked_once_;
  bool full_ = false;
};

}  // namespace atl::cache
