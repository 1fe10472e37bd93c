#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace atl::geo {

// An IP address. IPv4 is kept as IPv4-mapped IPv6 (RFC 4291 section 2.5.5.2), so that one table and
// one comparison serve both.
struct Address {
  std::array<uint8_t, 16> bytes{};

  bool is_v4() const;
  auto operator<=>(const Address&) const = default;
};

// Textual, without port, brackets or zone. An IPv4-mapped IPv6 address counts as IPv4.
std::optional<Address> parse_address(std::string_view text);
std::string to_string(const Address& address);

// Whether the address is one that the public network delivers to: not private, loopback,
// link-local, shared (carrier NAT), documentation, multicast or reserved (RFC 6890). Databases know
// nothing of the others, whatever they answer.
bool is_global(const Address& address);

// How many leading bits (of 128) of the address is_global() rests on: all that share them are
// alike.
uint8_t global_scope(const Address& address);

struct Prefix {
  Address address;     // bits beyond `length` are zero
  uint8_t length = 0;  // 0..128, of the mapped form: 10.0.0.0/8 has 104

  bool contains(const Address& other) const;
  auto operator<=>(const Prefix&) const = default;
};

// The address with all but the first `length` bits (of 128) cleared.
Address masked(const Address& address, unsigned length);

// How many leading bits both share, at most 128.
unsigned common_bits(const Address& a, const Address& b);

// How many leading bits of `address` tell whether it lies in `prefix`.
unsigned deciding_bits(const Prefix& prefix, const Address& address);

// "10.1.0.0/16", "2001:db8::/32", or an address alone for itself. Empty for anything else, host
// bits that are set included: 10.1.2.3/16 is more likely a mistake than a wish.
std::optional<Prefix> parse_prefix(std::string_view text);
std::string to_string(const Prefix& prefix);

}  // namespace atl::geo
