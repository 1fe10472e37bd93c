#include "lib/probe/watch.h"

#include <utility>

namespace atl::probe {

struct Watch::Target {
  Target(net::Loop& loop, net::Endpoint where, std::function<void()> beat)
      : at(std::move(where)), timer(loop, std::move(beat)) {}
  net::Endpoint at;
  net::Timer timer;
  std::unique_ptr<HttpProbe> probe;  // under way
};

Watch::Watch(net::Loop& loop, OnFinding on_finding)
    : loop_(loop), on_finding_(std::move(on_finding)) {}

Watch::~Watch() = default;

void Watch::set(const std::map<std::string, net::Endpoint>& targets, Rhythm rhythm) {
  const bool same_beat = std::exchange(rhythm_, rhythm) == rhythm;
  std::erase_if(targets_, [&](const auto& entry) {
    const auto found = targets.find(entry.first);
    return found == targets.end() || found->second != entry.second->at || !same_beat;
  });
  for (const auto& [name, at] : targets) {
    if (targets_.contains(name)) continue;
    auto target = std::make_unique<Target>(loop_, at, [this, name] { look_now(name); });
    target->timer.start_periodic(rhythm.interval);
    look(name, *targets_.emplace(name, std::move(target)).first->second);
  }
}

void Watch::look_now(const std::string& name) {
  const auto found = targets_.find(name);
  if (found != targets_.end() && found->second->probe == nullptr) look(name, *found->second);
}

void Watch::look(const std::string& name, Target& target) {
  target.probe =
      std::make_unique<HttpProbe>(loop_, target.at, rhythm_.timeout, [this, name](Finding finding) {
        // set() destroys targets and their probes with them, so that this one is still there.
        loop_.dispose(std::exchange(targets_.at(name)->probe, nullptr));
        on_finding_(name, finding);
      });
}

}  // namespace atl::probe
