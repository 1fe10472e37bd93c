#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "lib/net/loop.h"
#include "lib/probe/http_probe.h"

namespace atl::probe {

// Looks at servers again and again, each on its own beat. Loop thread.
class Watch {
 public:
  struct Rhythm {
    std::chrono::milliseconds interval{500};
    std::chrono::milliseconds timeout{1'000};
    bool operator==(const Rhythm&) const = default;
  };
  // Name of a target, and what a look showed.
  using OnFinding = std::function<void(const std::string& name, Finding finding)>;

  // `loop` outlives it.
  Watch(net::Loop& loop, OnFinding on_finding);
  ~Watch();

  // Which servers from now on, by name; those that are the same go on in their beat. The first look
  // is at once.
  void set(const std::map<std::string, net::Endpoint>& targets, Rhythm rhythm);
  // Does not wait for the next beat, unless a look is under way.
  void look_now(const std::string& name);

 private:
  struct Target;
  void look(const std::string& name, Target& target);

  net::Loop& loop_;
  const OnFinding on_finding_;
  Rhythm rhythm_;
  std::map<std::string, std::unique_ptr<Target>> targets_;
};

}  // namespace atl::probe
