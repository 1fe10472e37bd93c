#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "control-plane/dns/wire.h"
#include "lib/geo/address.h"

namespace atl::dns {

// Why a message is not a query that can be looked up.
enum class Fault : uint8_t {
  None,
  Short,        // less than a header
  NotAQuery,    // a response
  Opcode,       // NOTIFY, UPDATE, ...
  Counts,       // not one question, or records where a query has none
  Question,     // the name is cut off, too long or compressed
  Record,       // the additional section is cut off
  Trailing,     // octets after the last record
  Edns,         // two OPT records, one that is not the root's, or options that overrun it
  EdnsVersion,  // RFC 6891 section 6.1.3
  Subnet,       // RFC 7871 section 6
  BadCookie,    // RFC 7873 section 5.2.2
};

// Whose answer is asked for (RFC 7871).
struct ClientSubnet {
  uint16_t family = 0;  // 1: IPv4, 2: IPv6
  uint8_t source_length = 0;
  Octets address;  // as many octets as the length needs
};

struct Query {
  uint16_t id = 0;
  uint16_t flags = 0;
  // As it was sent: name, type and class. Empty if it could not be read, or if there is none: a
  // client may ask for a cookie alone (RFC 7873 section 5.4).
  Octets question;
  uint16_t type = 0;
  uint16_t klass = 0;

  bool edns = false;
  uint16_t udp_size = 512;  // what the asker takes
  bool dnssec_ok = false;
  bool compact_ok = false;  // RFC 9824 section 5.1: takes NXDOMAIN for a compact denial
  std::optional<ClientSubnet> subnet;
  Octets cookie;  // client's 8 octets, perhaps followed by ours; empty: none

  // In lower case, in wire form.
  std::string_view name() const { return {name_octets.data(), name_size}; }
  std::array<char, kLongestName> name_octets;
  size_t name_size = 0;
};

// Reads a message as it came. What was read before the fault is in `query`, so that the refusal can
// repeat the question. Views point into `message`. Does not allocate. Hostile input welcome.
Fault parse(Octets message, Query& query);

// The address of a subnet option, the rest of its bits zero.
geo::Address address_of(const ClientSubnet& subnet);

}  // namespace atl::dns
