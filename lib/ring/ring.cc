#include "lib/ring/ring.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>

namespace atl::ring {
namespace {

// The weight of a node for a key: 64 well-mixed bits (the finalizer of SplitMix64, Steele et al.
// 2014), which are as good as independent for each pair.
uint64_t weight(uint64_t key, uint64_t seed) {
  uint64_t x = key ^ seed;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

}  // namespace

uint64_t hash(std::string_view key) { return XXH3_64bits(key.data(), key.size()); }

Ring::Ring(std::span<const std::string> names) : names_(names.begin(), names.end()) {
  std::sort(names_.begin(), names_.end());
  names_.erase(std::unique(names_.begin(), names_.end()), names_.end());
  seeds_.reserve(names_.size());
  for (const std::string& name : names_) seeds_.push_back(hash(name));
}

size_t Ring::find(std::string_view name) const {
  const auto found = std::lower_bound(names_.begin(), names_.end(), name);
  if (found == names_.end() || *found != name) return names_.size();
  return static_cast<size_t>(found - names_.begin());
}

void Ring::order(uint64_t key, std::vector<uint32_t>& out) const {
  out.resize(names_.size());
  for (uint32_t i = 0; i < out.size(); ++i) out[i] = i;
  // Equal weights, however unlikely, go by name, alike everywhere.
  std::sort(out.begin(), out.end(), [&](uint32_t a, uint32_t b) {
    const uint64_t left = weight(key, seeds_[a]);
    const uint64_t right = weight(key, seeds_[b]);
    return left != right ? left > right : a < b;
  });
}

size_t Ring::owner(uint64_t key) const {
  size_t best = 0;
  uint64_t best_weight = 0;
  for (size_t i = 0; i < seeds_.size(); ++i) {
    const uint64_t mine = weight(key, seeds_[i]);
    if (i == 0 || mine > best_weight) {
      best = i;
      best_weight = mine;
    }
  }
  return best;
}

uint64_t load_bound(uint64_t total, size_t nodes, Bound bound) {
  if (nodes == 0) return bound.at_least;
  const uint64_t share = uint64_t{nodes} * 100;
  // Rounded up, so that the bounds of all nodes together hold the total.
  return std::max(bound.at_least, (total * (100 + bound.slack_percent) + share - 1) / share);
}

Choice choose(std::span<const uint32_t> order, std::span<const uint64_t> loads, Bound bound) {
  uint64_t total = 1;  // the one to be placed
  size_t there = 0;
  for (const uint64_t load : loads) {
    if (load == kNotThere) continue;
    total += load;
    ++there;
  }
  if (there == 0) return {.node = 0, .owner = false, .none = true};
  const uint64_t most = load_bound(total, there, bound);
  bool first = true;
  size_t owner = 0;
  for (const uint32_t node : order) {
    if (loads[node] == kNotThere) continue;
    if (first) owner = node;
    if (loads[node] < most) return {.node = node, .owner = first, .none = false};
    first = false;
  }
  return {.node = owner, .owner = true, .none = false};
}

}  // namespace atl::ring
