#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "lib/geo/address.h"
#include "lib/http/field.h"

namespace atl::control {

// Whose place decides, and how it is known.
struct Client {
  geo::Address address;
  std::string_view source;  // "socket", "x-forwarded-for" or "x-atoll-client-ip"
};

struct ClientRules {
  std::span<const geo::Prefix> trusted_proxies;
  bool allow_override = false;
};

// `peer`: the address of the TCP connection. X-Forwarded-For counts only from a trusted proxy: its
// addresses are read from the right, as far as they are proxies we trust, and the first other one
// is the client. X-Atoll-Client-IP counts only if the rules allow it. The error is a sentence.
std::expected<Client, std::string> find_client(std::string_view peer, http::Fields fields,
                                               const ClientRules& rules);

// Whether a trusted proxy says (X-Forwarded-Proto) that the client spoke TLS with it.
bool spoke_tls(std::string_view peer, http::Fields fields, const ClientRules& rules);

}  // namespace atl::control
