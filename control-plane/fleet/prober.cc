#include "control-plane/fleet/prober.h"

#include <map>
#include <string>
#include <utility>

#include "lib/net/endpoint.h"

namespace atl::control {
namespace {

std::string text_of(const NodeName& name) { return name.first + "/" + name.second; }

NodeName name_of(const std::string& text) {
  const size_t slash = text.find('/');
  return {text.substr(0, slash), text.substr(slash + 1)};
}

}  // namespace

Prober::Prober(net::Loop& loop, Fleet& fleet)
    : fleet_(fleet), watch_(loop, [&fleet](const std::string& name, probe::Finding finding) {
        fleet.on_probe(name_of(name), finding.reachable, finding.detail, finding.nobody_listens);
      }) {}

void Prober::tick() {
  std::map<std::string, net::Endpoint> targets;
  std::vector<std::string> urgent;
  for (const ProbeTarget& target : fleet_.probe_targets()) {
    const auto at = net::parse_endpoint(target.endpoint);
    if (!at) continue;
    const std::string name = text_of(target.name);
    targets.emplace(name, *at);
    if (target.urgent) urgent.push_back(name);
  }
  const LookRhythm rhythm = fleet_.look_rhythm();
  watch_.set(targets, {rhythm.interval, rhythm.timeout});
  for (const std::string& name : urgent) watch_.look_now(name);
}

}  // namespace atl::control
