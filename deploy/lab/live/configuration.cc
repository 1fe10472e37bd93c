#include "deploy/lab/live/configuration.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/duration.h"

namespace atl::lab {
namespace {

// What a lease of the control plane may be.
constexpr Span kShortestLease{1000};
constexpr Span kLongestLease{60'000};
// A lock of the cache is worth having for so many bytes at least.
constexpr uint64_t kBytesForShard = uint64_t{256} << 10;

std::string quoted(const net::Endpoint& endpoint) {
  return fmt::format("\"{}\"", net::to_string(endpoint));
}

std::string pop_section(const ControlPop& pop, const std::string& shield) {
  std::string text = fmt::format(
      "[[pop]]\nid = \"{}\"\nlatitude = {:.6f}\nlongitude = {:.6f}\n"
      "endpoints = [{}]\n",
      pop.id, pop.place.at.latitude, pop.place.at.longitude, quoted(pop.clients));
  if (!shield.empty() && shield != pop.id) text += fmt::format("shield = \"{}\"\n", shield);
  if (pop.peer.port != 0) {
    text += fmt::format("[[pop.node]]\nname = \"0\"\npeer = {}\n", quoted(pop.peer));
  }
  return text;
}

std::string behaviour(const std::string& path, bool cached, bool collapse) {
  return fmt::format(
      "[[distribution.behaviour]]\npath = \"{}\"\norigin_group = \"lab\"\n"
      "[distribution.behaviour.cache]\nenabled = {}\n{}",
      path, cached, cached ? fmt::format("collapse = {}\n", collapse) : "");
}

}  // namespace

std::string origin_configuration(const OriginPorts& ports, const OriginSpec& origin) {
  return fmt::format(
      "[origin]\nlisten = {}\nadmin_listen = {}\nstop_grace = \"0s\"\n"
      "[source.lab]\ntype = \"synthetic\"\nconcurrency = {}\n",
      quoted(ports.listen), quoted(ports.admin), origin.concurrency);
}

std::string control_configuration(const ControlPorts& ports, const std::string& state_dir,
                                  const std::vector<ControlPop>& pops, const net::Endpoint& origin,
                                  const RunSpec& run) {
  std::string text = fmt::format(
      "[control]\nlisten = {}\nfleet_listen = {}\nstate_dir = \"{}\"\nlease = \"{}\"\n",
      quoted(ports.listen), quoted(ports.fleet), state_dir,
      format_duration(std::clamp(run.routing.detection, kShortestLease, kLongestLease)));
  for (const ControlPop& pop : pops) text += pop_section(pop, run.cache.shield);
  text += fmt::format(
      "[[origin]]\nid = \"lab\"\nendpoint = {}\nsource = \"lab\"\nhead_timeout = \"{}\"\n"
      "[[origin_group]]\nid = \"lab\"\norigins = [\"lab\"]\n"
      "[[distribution]]\nid = \"lab\"\nhosts = [\"{}\"]\n",
      quoted(origin), format_duration(run.cache.fetch_timeout), kHost);
  text += behaviour(fmt::format("{}*", kNotCached), false, false);
  return text + behaviour("*", run.cdn, run.cache.flights);
}

std::string edge_configuration(const EdgePorts& ports, const std::string& state_dir,
                               const std::string& pop, uint64_t cache_bytes,
                               const CacheSpec& cache) {
  const uint64_t shards = std::clamp<uint64_t>(cache_bytes / kBytesForShard, 1, cache.shards);
  return fmt::format(
             "[edge]\npop = \"{}\"\nnode = \"0\"\nlisten = [{}]\nadmin_listen = {}\ncontrol = {}\n"
             "state_dir = \"{}\"\ncache_memory = {}\ncache_shards = {}\ncache_policy = \"{}\"\n"
             "cache_admission = \"{}\"\nstop_grace = \"0s\"\n",
             pop, quoted(ports.clients), quoted(ports.admin), quoted(ports.control), state_dir,
             cache_bytes, shards, cache.policy, cache.second_request ? "second-request" : "all") +
         (ports.peer.port == 0 ? "" : fmt::format("peer_listen = {}\n", quoted(ports.peer)));
}

}  // namespace atl::lab
