#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/store/store.h"

// How items lie in the database: a key is the length of the partition's name (2 bytes, big-endian),
// the name, the sort key; so a partition is contiguous, its items are in order, and no escaping is
// needed. A value is the version (8 bytes, big-endian) and the item's value.
namespace atl::store {

// Names no item, since no partition has an empty name.
inline constexpr std::string_view kFormatKey{"\0\0format", 8};
inline constexpr std::string_view kFormatValue = "atoll-store 1";

std::string partition_prefix(std::string_view partition);
std::string item_key(std::string_view partition, std::string_view sort);

std::string encode_value(Version version, std::string_view value);
// Nullopt: too short to be one.
std::optional<Item> decode_item(std::string_view sort, std::string_view encoded);

}  // namespace atl::store
