#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "control-plane/dns/wire.h"
#include "control-plane/dns/zone.h"

namespace atl::dns {

// Compact denial of existence (RFC 9824): one NSEC record, at the very name that was asked for,
// that says which types are there and covers nothing else. Nobody can walk the zone by it.

// Data of the NSEC record of `name` (wire form, lower case), in wire form. `node`: what is at the
// name; null: nothing, and the record says so. `denied`: the type that was asked for; 0 for none.
// `apex`: the name is that of the zone. Empty when there is no name between this one and the next:
// of 255 octets, its first label ending with 0xff.
std::optional<std::string> nsec_data(std::string_view name, const Node* node, uint16_t denied,
                                     bool apex);

}  // namespace atl::dns
