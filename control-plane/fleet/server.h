#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "control-plane/fleet/fleet.h"
#include "lib/net/loop.h"

namespace atl::control {

// The gRPC end of atl.v1.Fleet. gRPC's threads only post to the loop; the fleet lives there.
class FleetServer {
 public:
  // Listens at once. `loop` and `fleet` must live longer. The error is a sentence.
  static std::expected<std::unique_ptr<FleetServer>, std::string> start(net::Loop& loop,
                                                                        Fleet& fleet,
                                                                        const std::string& listen);
  // Closes every stream; the nodes go on alone. Loop thread; blocks until gRPC is done.
  virtual ~FleetServer() = default;

  virtual uint16_t port() const = 0;
};

}  // namespace atl::control
