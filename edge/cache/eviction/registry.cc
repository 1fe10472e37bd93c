#include "edge/cache/eviction/registry.h"

#include "edge/cache/eviction/gdsf.h"
#include "edge/cache/eviction/lru.h"
#include "edge/cache/eviction/s3fifo.h"

namespace atl::cache {
namespace {

constexpr std::string_view kNames[] = {"lru", "s3fifo", "gdsf"};

}  // namespace

std::span<const std::string_view> policy_names() { return kNames; }

std::unique_ptr<EvictionPolicy> make_policy(std::string_view name) {
  if (name == "lru") return std::make_unique<Lru>();
  if (name == "s3fifo") return std::make_unique<S3Fifo>();
  if (name == "gdsf") return std::make_unique<Gdsf>();
  return nullptr;
}

}  // namespace atl::cache
