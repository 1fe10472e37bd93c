#include "lib/geo/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <span>

namespace atl::geo {
namespace {

constexpr std::array<uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr unsigned kMappedBits = 96;

struct BlockV4 {
  uint32_t address;
  unsigned length;
};
// RFC 6890 and its successors, as far as they are not delivered to from anywhere.
constexpr BlockV4 kSpecialV4Blocks[] = {
    {0x00000000, 8},   // this network
    {0x0a000000, 8},   // private
    {0x64400000, 10},  // carrier NAT
    {0x7f000000, 8},   // loopback
    {0xa9fe0000, 16},  // link-local
    {0xac100000, 12},  // private
    {0xc0000000, 24},  // protocol assignments
    {0xc0000200, 24},  // documentation
    {0xc0a80000, 16},  // private
    {0xc6120000, 15},  // benchmarks
    {0xc6336400, 24},  // documentation
    {0xcb007100, 24},  // documentation
    {0xe0000000, 3},   // multicast and reserved
};
constexpr std::span<const BlockV4> kSpecialV4(kSpecialV4Blocks);

}  // namespace

bool Address::is_v4() const { return std::equal(kMapped.begin(), kMapped.end(), bytes.begin()); }

std::optional<Address> parse_address(std::string_view text) {
  char terminated[INET6_ADDRSTRLEN];
  if (text.empty() || text.size() >= sizeof terminated ||
      text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  std::memcpy(terminated, text.data(), text.size());
  terminated[text.size()] = '\0';
  Address address;
  std::copy(kMapped.begin(), kMapped.end(), address.bytes.begin());
  if (inet_pton(AF_INET, terminated, address.bytes.data() + kMapped.size()) == 1) return address;
  if (inet_pton(AF_INET6, terminated, address.bytes.data()) == 1) return address;
  return std::nullopt;
}

std::string to_string(const Address& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.is_v4()) {
    inet_ntop(AF_INET, address.bytes.data() + kMapped.size(), text, sizeof text);
  } else {
    inet_ntop(AF_INET6, address.bytes.data(), text, sizeof text);
  }
  return text;
}

Address masked(const Address& address, unsigned length) {
  Address result;
  const unsigned whole = std::min(length, 128u) / 8;
  std::copy_n(address.bytes.begin(), whole, result.bytes.begin());
  if (whole < result.bytes.size()) {
    const unsigned rest = length % 8;
    result.bytes[whole] = static_cast<uint8_t>(address.bytes[whole] & (0xff00u >> rest));
  }
  return result;
}

bool is_global(const Address& address) {
  if (address.is_v4()) {
    uint32_t number = 0;
    for (size_t i = kMapped.size(); i < address.bytes.size(); ++i) {
      number = number << 8 | address.bytes[i];
    }
    return std::none_of(kSpecialV4.begin(), kSpecialV4.end(), [number](const BlockV4& block) {
      return (number ^ block.address) >> (32 - block.length) == 0;
    });
  }
  // 2000::/3 is what has been given out (RFC 4291), without 2001:db8::/32 for documentation.
  const auto& bytes = address.bytes;
  const bool documentation =
      bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] == 0x0d && bytes[3] == 0xb8;
  return bytes[0] >> 5 == 1 && !documentation;
}

uint8_t global_scope(const Address& address) {
  unsigned bits = 0;
  if (address.is_v4()) {
    for (const BlockV4& block : kSpecialV4) {
      Prefix prefix{address, static_cast<uint8_t>(kMappedBits + block.length)};
      for (size_t i = 0; i < 4; ++i) {
        prefix.address.bytes[kMapped.size() + i] =
            static_cast<uint8_t>(block.address >> (24 - 8 * i));
      }
      bits = std::max(bits, deciding_bits(prefix, address));
    }
    return static_cast<uint8_t>(bits);
  }
  const Prefix given{{{0x20}}, 3};
  const Prefix documentation{{{0x20, 0x01, 0x0d, 0xb8}}, 32};
  bits = deciding_bits(given, address);
  return static_cast<uint8_t>(
      given.contains(address) ? std::max(bits, deciding_bits(documentation, address)) : bits);
}

unsigned common_bits(const Address& a, const Address& b) {
  for (size_t i = 0; i < a.bytes.size(); ++i) {
    const auto difference = static_cast<uint8_t>(a.bytes[i] ^ b.bytes[i]);
    if (difference != 0) {
      return static_cast<unsigned>(8 * i) + static_cast<unsigned>(std::countl_zero(difference));
    }
  }
  return 128;
}

unsigned deciding_bits(const Prefix& prefix, const Address& address) {
  return std::min<unsigned>(common_bits(prefix.address, address) + 1, prefix.length);
}

bool Prefix::contains(const Address& other) const { return masked(other, length) == address; }

std::optional<Prefix> parse_prefix(std::string_view text) {
  const size_t slash = text.find('/');
  const auto address = parse_address(text.substr(0, slash));
  if (!address) return std::nullopt;
  // "::ffff:0:0/96" is IPv6 by its writing but IPv4 by its bytes; nobody means it.
  const bool v4 = address->is_v4();
  if (v4 && text.find(':') != std::string_view::npos) return std::nullopt;
  const unsigned most = v4 ? 32 : 128;
  unsigned length = most;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    if (digits.empty() || digits.size() > 3) return std::nullopt;
    const char* end = digits.data() + digits.size();
    const auto parsed = std::from_chars(digits.data(), end, length);
    if (parsed.ec != std::errc{} || parsed.ptr != end || length > most) return std::nullopt;
  }
  if (v4) length += kMappedBits;
  if (masked(*address, length) != *address) return std::nullopt;
  return Prefix{*address, static_cast<uint8_t>(length)};
}

std::string to_string(const Prefix& prefix) {
  const bool v4 = prefix.length >= kMappedBits && prefix.address.is_v4();
  return fmt::format("{}/{}", to_string(prefix.address),
                     v4 ? prefix.length - kMappedBits : prefix.length);
}

}  // namespace atl::geo
