#include "deploy/lab/live/cluster.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "deploy/lab/live/socket_owner.h"
#include "lib/base/durable_file.h"

namespace atl::lab {
namespace {

namespace fs = std::filesystem;

constexpr const char* kOrigin = "origin";

}  // namespace

Outcome<std::unique_ptr<Cluster>> Cluster::start(Relay& relay, const Setup& setup) {
  std::unique_ptr<Cluster> cluster(new Cluster(relay, setup));
  auto done = cluster->prepare();
  if (done) done = cluster->add_edges();
  if (done) done = cluster->open_doors();
  if (done) done = cluster->start_origin();
  if (done) done = cluster->run_control();
  for (const Edge& edge : cluster->edges_) {
    if (done) done = cluster->run_edge(edge);
  }
  if (!done) return std::unexpected(done.error());
  return cluster;
}

Cluster::~Cluster() {
  for (auto& [name, process] : programs_) process.terminate();
  programs_.clear();
  std::error_code ignored;
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

Outcome<void> Cluster::prepare() {
  std::error_code problem;
  const fs::path base = fs::temp_directory_path(problem);
  std::string pattern = (base / "atoll-lab-XXXXXX").string();
  if (problem || mkdtemp(pattern.data()) == nullptr) {
    return std::unexpected(fmt::format("no folder can be made in \"{}\"", base.string()));
  }
  folder_ = pattern;
  address_ = own_address();
  const auto ports = free_ports(address_, 4);
  if (!ports) return std::unexpected(ports.error());
  origin_ports_ = {{address_, (*ports)[0]}, {address_, (*ports)[1]}};
  control_ports_ = {{address_, (*ports)[2]}, {address_, (*ports)[3]}};
  return {};
}

uint64_t Cluster::cache_bytes_of(const PopSpec& pop) const {
  return setup_.run.cache_bytes.value_or(pop.cache_bytes);
}

Outcome<void> Cluster::add_edges() {
  const Scenario& scenario = setup_.scenario;
  const size_t count = setup_.run.cdn ? scenario.pops.size() : 1;
  const auto ports = free_ports(address_, 3 * count);
  if (!ports) return std::unexpected(ports.error());
  const auto at = [&](size_t index) { return net::Endpoint{address_, (*ports)[index]}; };
  for (size_t i = 0; i < count; ++i) {
    Edge& edge = edges_.emplace_back();
    edge.pop = setup_.run.cdn ? scenario.pops[i].id : kOrigin;
    edge.name = "edge-" + edge.pop;
    edge.cache_bytes = setup_.run.cdn ? cache_bytes_of(scenario.pops[i]) : uint64_t{8} << 20;
    edge.ports.clients = at(3 * i);
    edge.ports.admin = at(3 * i + 1);
    if (setup_.run.cdn && edge.pop == setup_.run.cache.shield) {
      edge.ports.peer = at(3 * i + 2);
      shield_ = i;
    }
  }
  return {};
}

// Without a CDN the only edge is where the origin is: nothing lies between them.
Outcome<void> Cluster::open_doors() {
  for (size_t i = 0; i < edges_.size(); ++i) {
    const auto pop = static_cast<uint32_t>(i);
    const bool cdn = setup_.run.cdn;
    const Path control = cdn ? setup_.paths.control_to_pop(pop) : Path{};
    const auto door = relay_.add(address_, control_ports_.fleet, RelayLink{.path = control});
    if (!door) return std::unexpected(std::string(door.error().detail));
    edges_[i].control_door = *door;
    edges_[i].ports.control = relay_.entrance(*door);
    to_origin_.links.push_back({.path = cdn ? setup_.paths.pop_to_origin(pop) : Path{}});
    if (shield_) {
      to_shield_.links.push_back(
          {.path = setup_.paths.between(pop, static_cast<uint32_t>(*shield_))});
    }
  }
  auto opened = open_shared(to_origin_, origin_ports_.listen);
  if (opened && shield_) opened = open_shared(to_shield_, edges_[*shield_].ports.peer);
  if (!opened) return std::unexpected(opened.error());
  return {};
}

Outcome<Relay::DoorId> Cluster::open_shared(SharedDoor& door, const net::Endpoint& to) {
  const auto opened = relay_.add(
      address_, to, [this, &door](const net::Endpoint& peer) { return link_of(door, peer); });
  if (!opened) return std::unexpected(std::string(opened.error().detail));
  door.entrance = relay_.entrance(*opened);
  return *opened;
}

const RelayLink* Cluster::link_of(const SharedDoor& door, const net::Endpoint& peer) {
  std::vector<pid_t> processes;
  std::vector<size_t> edges;
  for (size_t i = 0; i < edges_.size(); ++i) {
    const auto program = programs_.find(edges_[i].name);
    if (program == programs_.end()) continue;
    processes.push_back(program->second.id());
    edges.push_back(i);
  }
  const auto owner = socket_owner(processes, peer, door.entrance);
  if (!owner) return nullptr;
  const auto index = static_cast<size_t>(std::ranges::find(processes, *owner) - processes.begin());
  return &door.links[edges[index]];
}

Outcome<void> Cluster::run(const std::string& name, const std::string& program,
                           const std::string& text) {
  const std::string path = fmt::format("{}/{}.toml", folder_, name);
  if (const auto written = replace_file(path, text); !written) {
    return std::unexpected(written.error());
  }
  auto process = Process::start(fmt::format("{}/{}", setup_.programs, program), {"--config", path},
                                fmt::format("{}/{}.log", folder_, name));
  if (!process) return std::unexpected(process.error());
  programs_.insert_or_assign(name, *std::move(process));
  return {};
}

Outcome<void> Cluster::start_origin() {
  return run(kOrigin, "atoll-origin", origin_configuration(origin_ports_, setup_.scenario.origin));
}

void Cluster::stop_origin() {
  const auto origin = programs_.find(kOrigin);
  if (origin == programs_.end()) return;
  origin->second.kill();
  programs_.erase(origin);
}

Outcome<void> Cluster::run_control() {
  std::vector<ControlPop> pops;
  for (size_t i = 0; i < edges_.size(); ++i) {
    const Edge& edge = edges_[i];
    pops.push_back({edge.pop,
                    setup_.run.cdn ? setup_.scenario.pops[i].place : setup_.scenario.origin.place,
                    edge.ports.clients, shield_ == i ? to_shield_.entrance : net::Endpoint{}});
  }
  return run("control", "atoll-control",
             control_configuration(control_ports_, folder_ + "/control", pops, to_origin_.entrance,
                                   setup_.run));
}

Outcome<void> Cluster::run_edge(const Edge& edge) {
  return run(edge.name, "atoll-edge",
             edge_configuration(edge.ports, folder_ + "/" + edge.name, edge.pop, edge.cache_bytes,
                                setup_.run.cache));
}

void Cluster::fail(size_t edge) {
  const auto program = programs_.find(edges_[edge].name);
  if (program == programs_.end()) return;
  relay_.silence(edges_[edge].control_door);
  program->second.kill();
  programs_.erase(program);
}

Outcome<void> Cluster::revive(size_t edge) {
  if (programs_.contains(edges_[edge].name)) return {};
  relay_.restore(edges_[edge].control_door);
  return run_edge(edges_[edge]);
}

std::string Cluster::died() {
  for (auto& [name, process] : programs_) {
    if (!process.running()) return fmt::format("{} ended{}", name, last_words());
  }
  return {};
}

std::string Cluster::last_words() const {
  std::string words;
  for (const auto& [name, process] : programs_) {
    std::ifstream log(fmt::format("{}/{}.log", folder_, name));
    std::string line;
    std::string last;
    while (std::getline(log, line)) last = line;
    words += fmt::format("\n  {}: {}", name, last);
  }
  return words;
}

}  // namespace atl::lab
