#include "lib/store/redis/slot.h"

#include <array>

namespace atl::store::redis {
namespace {

// CRC-16/XMODEM: polynomial 0x1021, no reflection, starts at 0.
constexpr std::array<uint16_t, 256> make_table() {
  std::array<uint16_t, 256> table{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    unsigned crc = byte << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1;
    table[byte] = static_cast<uint16_t>(crc);
  }
  return table;
}

constexpr auto kTable = make_table();

uint16_t crc16(std::string_view bytes) {
  unsigned crc = 0;
  for (const char byte : bytes)
    crc = (crc << 8 ^ kTable[(crc >> 8 ^ static_cast<unsigned char>(byte)) & 0xff]) & 0xffff;
  return static_cast<uint16_t>(crc);
}

}  // namespace

uint16_t slot_of(std::string_view key) {
  const size_t open = key.find('{');
  if (open != std::string_view::npos) {
    const size_t close = key.find('}', open + 1);
    if (close != std::string_view::npos && close > open + 1)
      key = key.substr(open + 1, close - open - 1);
  }
  return crc16(key) % kSlots;
}

PartitionKeys keys_of(std::string_view prefix, std::string_view partition) {
  // The colon keeps the tag from being empty, so that a "}" in the name only shortens it; the last
  // byte keeps the two keys, of whatever partitions, apart.
  std::string base(prefix);
  base += "{:";
  base += partition;
  base += '}';
  return {base + 'v', base + 'o'};
}

}  // namespace atl::store::redis
