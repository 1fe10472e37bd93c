#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "control-plane/authority/registrar.h"
#include "control-plane/fleet/fleet.h"
#include "lib/net/loop.h"
#include "lib/trust/credentials.h"

namespace atl::control {

// With mutual TLS: what the server shows, and who decides about certificates. Nodes without one may
// join the authority, and nothing else.
struct FleetTrust {
  trust::CredentialFiles files;  // read again as they are renewed
  std::shared_ptr<Registrar> registrar;
};

// The gRPC end of atl.v1.Fleet and, with trust, of atl.v1.Authority. gRPC's threads only post to
// the loop; the fleet lives there.
class FleetServer {
 public:
  // Listens at once. `loop` and `fleet` must live longer. `trust`: empty, plain TCP and anybody may
  // join. The error is a sentence.
  static std::expected<std::unique_ptr<FleetServer>, std::string> start(
      net::Loop& loop, Fleet& fleet, const std::string& listen,
      std::optional<FleetTrust> trust = std::nullopt);
  // Closes every stream; the nodes go on alone. Loop thread; blocks until gRPC is done.
  virtual ~FleetServer() = default;

  virtual uint16_t port() const = 0;
  // The guard knows more: streams of nodes that were revoked end. Loop thread.
  virtual void recheck() = 0;
};

}  // namespace atl::control
