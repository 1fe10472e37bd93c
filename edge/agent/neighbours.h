#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "lib/net/loop.h"
#include "lib/probe/watch.h"
#include "proto/control.pb.h"

namespace atl::edge {

// The nodes that the control plane asked this one to look at, and what it sees of them. Control
// loop.
class Neighbours {
 public:
  // `changed` is called when one of them became reachable, or no longer is. `loop` outlives it.
  Neighbours(net::Loop& loop, std::function<void()> changed);

  // Takes the place of what was asked before. More than a few are not looked at.
  void look_at(const v1::Observe& wanted);
  void forget();

  // What was seen last of each that has been looked at.
  void report(v1::Health& health) const;

 private:
  struct Neighbour {
    std::string pop;
    std::string node;
    std::optional<probe::Finding> seen;
    MonoTime at{};  // when
  };
  void on_finding(const std::string& name, probe::Finding finding);

  net::Loop& loop_;
  const std::function<void()> changed_;
  std::map<std::string, Neighbour> neighbours_;
  probe::Watch watch_;
};

}  // namespace atl::edge
