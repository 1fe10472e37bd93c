#include "deploy/lab/simulation/pop_model.h"

#include <fmt/format.h>

#include <cstring>
#include <string>

#include "edge/cache/eviction/registry.h"

namespace atl::lab {
namespace {

std::vector<std::string> names_of(unsigned nodes) {
  std::vector<std::string> names;
  for (unsigned i = 0; i < nodes; ++i) names.push_back(fmt::format("{}", i));
  return names;
}

uint32_t seconds(Span span) {
  return static_cast<uint32_t>(std::chrono::floor<std::chrono::seconds>(span).count());
}

}  // namespace

PopModel::PopModel(unsigned nodes, uint64_t cache_bytes, const CacheSpec& cache, uint64_t seed)
    : cache_(cache), ring_(names_of(nodes)) {
  const uint64_t each = cache_bytes / nodes;
  for (unsigned i = 0; i < nodes; ++i) {
    const cache::PolicySpace space{each, cache.shards};
    auto maker = cache::policy_maker(cache.policy, space);
    if (cache.second_request) maker = cache::with_second_request(std::move(maker), space);
    stores_.push_back(std::make_unique<cache::Store>(
        cache::StoreOptions{ByteSize{each}, cache.shards, seed, std::move(maker)}));
  }
}

cache::Store::Found PopModel::find(const uint64_t& object, Tick now) {
  const std::string_view key = key_of(object);
  cache::Store& store = store_of(key);
  return store.find(key, store.hash(key), {}, {}, wall(now));
}

uint64_t PopModel::epoch(const uint64_t& object) {
  const std::string_view key = key_of(object);
  cache::Store& store = store_of(key);
  return store.purge_epoch(store.hash(key));
}

void PopModel::store(const Arrived& arrived, Tick now) {
  const std::string_view key = key_of(arrived.object);
  cache::ObjectSource source{.key = key, .kind = cache::Kind::Sized, .size = arrived.bytes};
  source.meta.response_time = wall(now);
  source.meta.corrected_initial_age = static_cast<uint32_t>(arrived.age.count());
  source.meta.lifetime = seconds(arrived.ttl);
  source.meta.stale_while_revalidate = seconds(cache_.stale_while_revalidate);
  source.meta.stale_if_error = seconds(cache_.stale_if_error);
  source.meta.stale_if_disconnected = source.meta.stale_if_error;
  auto object = cache::make_object(source, {});
  if (object) store_of(key).insert(*std::move(object), arrived.epoch);
}

void PopModel::purge(double share, uint64_t salt, cache::Purge kind) {
  const auto concerned = [&](const cache::Object& object) {
    uint64_t name = 0;
    std::memcpy(&name, object.key().data(), sizeof(name));
    return in_share(name, share, salt);
  };
  for (const auto& store : stores_) {
    if (share >= 1) {
      store->clear(kind);
    } else {
      store->remove_if(concerned, kind);
    }
  }
}

void PopModel::purge_object(const uint64_t& object, cache::Purge kind) {
  const std::string_view key = key_of(object);
  cache::Store& store = store_of(key);
  store.remove(key, store.hash(key), kind);
}

void PopModel::go_down() {
  up = false;
  ++life;
  for (const auto& store : stores_) store->clear();
}

cache::Store::Statistics PopModel::statistics() const {
  cache::Store::Statistics sum;
  for (const auto& store : stores_) {
    const cache::Store::Statistics one = store->statistics();
    sum.objects += one.objects;
    sum.bytes += one.bytes;
    sum.evictions += one.evictions;
  }
  return sum;
}

}  // namespace atl::lab
