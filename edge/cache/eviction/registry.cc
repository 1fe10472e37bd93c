#include "edge/cache/eviction/registry.h"

#include "edge/cache/eviction/cq.h"
#include "edge/cache/eviction/gdsf.h"
#include "edge/cache/eviction/lru.h"
#include "edge/cache/eviction/s3fifo.h"

namespace atl::cache {
namespace {

constexpr std::string_view kNames[] = {"lru", "s3fifo", "gdsf", "cq"};

}  // namespace

std::span<const std::string_view> policy_names() { return kNames; }

PolicyMaker policy_maker(std::string_view name, PolicySpace space) {
  if (name == "lru") return [] { return std::make_unique<Lru>(); };
  if (name == "s3fifo") return [space] { return std::make_unique<S3Fifo>(space); };
  if (name == "gdsf") return [] { return std::make_unique<Gdsf>(); };
  if (name == "cq") {
    return
        [space, age = std::make_shared<SharedAge>()] { return std::make_unique<Cq>(space, age); };
  }
  return nullptr;
}

}  // namespace atl::cache
