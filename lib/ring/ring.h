#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace atl::ring {

// Which of several nodes a key belongs to, decided by each of them alone and alike: highest random
// weight ("rendezvous") hashing (Thaler, Ravishankar 1998), with loads bounded as in consistent
// hashing with bounded loads (Mirrokni, Thorup, Zadimoghaddam 2016). Why this and not a circle:
// docs/adr/0019. Immutable; any thread.
class Ring {
 public:
  // Names in any order; a name given twice counts once. Everybody must use the same names.
  explicit Ring(std::span<const std::string> names);

  size_t size() const { return names_.size(); }
  // In ascending order of the names. `index` < size().
  const std::string& name(size_t index) const { return names_[index]; }
  // Index of a name; size() if it is not there.
  size_t find(std::string_view name) const;

  // All nodes, the key's owner first, then who takes its place, and so on. `key`: a hash of the key
  // that is the same everywhere, see hash(). Costs one multiplication a node and a sort.
  void order(uint64_t key, std::vector<uint32_t>& out) const;
  // The first of order(); size() > 0.
  size_t owner(uint64_t key) const;

 private:
  std::vector<std::string> names_;  // sorted
  std::vector<uint64_t> seeds_;     // hash of each name
};

// Of a key, the same on every machine and in every process. Not secret: a client can choose keys of
// one owner, which is why loads are bounded.
uint64_t hash(std::string_view key);

// Nobody carries more than `slack_percent` above the mean (the paper's 1 + epsilon); but what is
// below `at_least` is not a load worth moving a key for.
struct Bound {
  uint32_t slack_percent = 25;
  uint64_t at_least = 1;  // never 0
};
// Most that one of `nodes` may carry when `total` is to be carried, the new one included.
uint64_t load_bound(uint64_t total, size_t nodes, Bound bound);

// The first of `order` whose load may still grow; the first of all if none may. `loads`: by index,
// of the nodes that may be chosen; kNotThere for those that may not.
inline constexpr uint64_t kNotThere = UINT64_MAX;
struct Choice {
  size_t node = 0;
  bool owner = false;  // it is the first of those that are there
  bool none = false;   // nobody is there
};
Choice choose(std::span<const uint32_t> order, std::span<const uint64_t> loads, Bound bound);

}  // namespace atl::ring
