#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace atl::trust {

// Who may hold a certificate of the control plane's.
enum class Kind : uint8_t { Edge, Origin, Control };

// Whose a certificate is: the one URI of its subjectAltName (docs/trust.md).
//   atoll://pop/fra/node/0    node "0" of the PoP "fra"
//   atoll://origin/site       the origin "site"
//   atoll://control/main      the control plane "main"
struct Identity {
  Kind kind = Kind::Edge;
  std::string pop;   // of an edge only
  std::string name;  // of the node, the origin, the control plane
  bool operator==(const Identity&) const = default;
};

// Letters, digits, '-', '_' and '.', 1 to 64 of them: what PoPs and nodes are called everywhere.
bool is_name(std::string_view text);

std::string to_uri(const Identity& identity);
// Of all nodes of a PoP: "atoll://pop/fra". Nobody's identity, but it can be revoked.
std::string pop_uri(std::string_view pop);
// Any bytes; nothing if to_uri() would not write them.
std::optional<Identity> parse_identity(std::string_view uri);

// "edge", "origin", "control".
std::string_view to_string(Kind kind);

}  // namespace atl::trust
