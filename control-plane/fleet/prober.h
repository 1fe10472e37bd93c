#pragma once

#include "control-plane/fleet/fleet.h"
#include "lib/net/loop.h"
#include "lib/probe/watch.h"

namespace atl::control {

// The control plane's own look at the nodes, by HTTP, where clients reach them. Loop thread.
class Prober {
 public:
  // Both outlive it.
  Prober(net::Loop& loop, Fleet& fleet);

  // To be called often: follows which nodes there are, and looks at once at those whose stream has
  // just broken.
  void tick();

 private:
  Fleet& fleet_;
  probe::Watch watch_;
};

}  // namespace atl::control
