#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace atl::store::redis {

inline constexpr size_t kSlots = 16384;

// The hash slot of a key: of what is between its first "{" and the next "}", unless that is
// nothing; else of all of it (Redis Cluster specification, "Hash tags").
uint16_t slot_of(std::string_view key);

// The two keys of a partition, which are in one slot: a hash of sort key -> version (8 bytes) and
// value, and a sorted set of the sort keys, all with score 0, for the order. `prefix` has no "{".
struct PartitionKeys {
  std::string values;
  std::string order;
};
PartitionKeys keys_of(std::string_view prefix, std::string_view partition);

}  // namespace atl::store::redis
