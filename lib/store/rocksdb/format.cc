#include "lib/store/rocksdb/format.h"

namespace atl::store {
namespace {

constexpr size_t kVersionSize = 8;

}  // namespace

std::string partition_prefix(std::string_view partition) {
  std::string key;
  key.reserve(2 + partition.size() + 64);
  key += static_cast<char>(partition.size() >> 8);
  key += static_cast<char>(partition.size() & 0xff);
  key += partition;
  return key;
}

std::string item_key(std::string_view partition, std::string_view sort) {
  std::string key = partition_prefix(partition);
  key += sort;
  return key;
}

std::string encode_value(Version version, std::string_view value) {
  std::string bytes = format_number(static_cast<uint64_t>(version));
  bytes += value;
  return bytes;
}

std::optional<Item> decode_item(std::string_view sort, std::string_view encoded) {
  if (encoded.size() < kVersionSize) return std::nullopt;
  const auto version = parse_number(encoded.substr(0, kVersionSize));
  return Item{std::string(sort), std::string(encoded.substr(kVersionSize)), Version{*version}};
}

}  // namespace atl::store
