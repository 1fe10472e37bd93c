#include "edge/cache/eviction/registry.h"

#include <utility>

#include "edge/cache/eviction/cq.h"
#include "edge/cache/eviction/gdsf.h"
#include "edge/cache/eviction/lru.h"
#include "edge/cache/eviction/s3fifo.h"
#include "edge/cache/eviction/second_request.h"
#include "edge/cache/eviction/sieve.h"
#include "edge/cache/eviction/wtinylfu.h"

namespace atl::cache {
namespace {

constexpr std::string_view kNames[] = {"lru", "s3fifo", "sieve", "w-tinylfu", "gdsf", "cq"};

}  // namespace

std::span<const std::string_view> policy_names() { return kNames; }

PolicyMaker policy_maker(std::string_view name, PolicySpace space) {
  if (name == "lru") return [] { return std::make_unique<Lru>(); };
  if (name == "s3fifo") return [space] { return std::make_unique<S3Fifo>(space); };
  if (name == "sieve") return [] { return std::make_unique<Sieve>(); };
  if (name == "w-tinylfu") return [] { return std::make_unique<WTinyLfu>(); };
  if (name == "gdsf") return [] { return std::make_unique<Gdsf>(); };
  if (name == "cq") {
    return [space, shared = std::make_shared<CqShared>(space.capacity)] {
      return std::make_unique<Cq>(space, shared);
    };
  }
  return nullptr;
}

PolicyMaker with_second_request(PolicyMaker maker, PolicySpace space) {
  return
      [maker = std::move(maker), space] { return std::make_unique<SecondRequest>(maker(), space); };
}

}  // namespace atl::cache
