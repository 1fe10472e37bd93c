#include "control-plane/geo/client_hash.h"

#include <cstring>

namespace atl::geo {
namespace {

constexpr uint8_t kBitsV4 = 96 + 24;
constexpr uint8_t kBitsV6 = 56;

// The finaliser of MurmurHash3 (Appleby), constants by David Stafford ("Mix13").
uint64_t mix(uint64_t value) {
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
  value = (value ^ value >> 27) * 0x94d049bb133111eb;
  return value ^ value >> 31;
}

}  // namespace

uint8_t hashed_bits(const Address& address) { return address.is_v4() ? kBitsV4 : kBitsV6; }

uint64_t client_hash(const Address& address) {
  const Address network = masked(address, hashed_bits(address));
  uint64_t halves[2];
  std::memcpy(halves, network.bytes.data(), sizeof halves);
  return mix(halves[0] ^ mix(halves[1] + 0x9e3779b97f4a7c15));
}

uint64_t salt_of(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;  // FNV-1a, then mixed
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return mix(hash);
}

double fraction(uint64_t client, uint64_t salt) {
  return static_cast<double>(mix(client ^ salt) >> 11) * 0x1p-53;
}

}  // namespace atl::geo
