#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "control-plane/dns/wire.h"

namespace atl::dns {

// A record as the operator writes it.
struct RecordText {
  std::string name;   // below or at the zone: "ns1.example.org", or "@" for the zone itself
  std::string type;   // "A", "AAAA", "CNAME", "TXT", "MX", "SRV" or "CAA"
  std::string value;  // presentation format; that of TXT is the text itself, without quotes
  uint32_t ttl = 0;   // seconds
  bool operator==(const RecordText&) const = default;
};

// Empty for types that cannot be configured.
std::optional<Type> parse_type(std::string_view text);

// The data of a record in wire form, names in it uncompressed and in lower case. The error is a
// sentence without a subject: "is not ...".
std::expected<std::string, std::string> parse_data(Type type, std::string_view value);

// The start of authority.
struct Authority {
  std::string_view primary;  // names in wire form
  std::string_view mailbox;
  uint32_t serial = 0;
  uint32_t negative_ttl = 0;  // seconds; how long "there is none" may be remembered
};
std::string soa_data(const Authority& authority);

}  // namespace atl::dns
