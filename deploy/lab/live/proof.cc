#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "deploy/lab/live/live.h"
#include "deploy/lab/relay/probe.h"
#include "deploy/lab/simulation/path.h"
#include "deploy/lab/simulation/router.h"

namespace atl::lab {
namespace {

// What is not near is measured again, in case the machine was busy for a moment: what counts is
// what was seen last.
constexpr int kRounds = 3;
constexpr double kNearMs = 1;
constexpr double kNearShare = 0.02;
// From when on lateness is worth a note, in microseconds.
constexpr double kLateUs = 1000;

// What is to be measured, with its ends' names.
struct Wanted {
  std::vector<LinkProof> proofs;
  std::vector<RelayLink> links;

  void add(std::string from, std::string to, const RelayLink& link) {
    const double rtt = static_cast<double>(link.path.rtt) / 1e6;
    const int trips = 1 + (link.connects ? 1 : 0) + (link.connects && link.tls ? 1 : 0);
    LinkProof proof{std::move(from), std::move(to), rtt, 0, std::nullopt};
    if (link.connects) proof.connecting = LinkProof::Connecting{rtt * trips, 0};
    proofs.push_back(std::move(proof));
    links.push_back(link);
  }
};

std::string client_name(const Scenario& scenario, size_t cell) {
  const auto& classes = scenario.network.classes;
  const std::string& region = scenario.regions[cell / classes.size()].id;
  if (classes.size() == 1) return region;
  return fmt::format("{} ({})", region, classes[cell % classes.size()].name);
}

void add_clients(const Scenario& scenario, const Paths& paths, uint64_t seed, Wanted& wanted) {
  Router router(scenario, {}, seed);
  const size_t cells = scenario.regions.size() * scenario.network.classes.size();
  for (uint32_t cell = 0; cell < cells; ++cell) {
    const std::string from = client_name(scenario, cell);
    RelayLink link{.connects = true, .tls = scenario.network.tls, .slow_start = true};
    if (const auto pop = router.route(cell, 0, 0)) {
      link.path = paths.to_pop(cell, *pop);
      wanted.add(from, scenario.pops[*pop].id, link);
    }
    link.path = paths.to_origin(cell);
    wanted.add(from, "origin", link);
  }
}

void add_pops(const Scenario& scenario, const Paths& paths, Wanted& wanted) {
  for (uint32_t pop = 0; pop < scenario.pops.size(); ++pop) {
    const std::string& from = scenario.pops[pop].id;
    wanted.add(from, "origin", {.path = paths.pop_to_origin(pop)});
    wanted.add(from, "control plane", {.path = paths.control_to_pop(pop)});
    for (uint32_t to = 0; to < scenario.pops.size(); ++to) {
      const bool shield = std::ranges::any_of(scenario.runs, [&](const RunSpec& run) {
        return run.cache.shield == scenario.pops[to].id;
      });
      if (shield && to != pop) {
        wanted.add(from, scenario.pops[to].id, {.path = paths.between(pop, to)});
      }
    }
  }
}

bool near(double asked_ms, double measured_ms) {
  return std::abs(measured_ms - asked_ms) <= std::max(kNearMs, kNearShare * asked_ms);
}

bool kept(const LinkProof& proof) {
  const auto& connecting = proof.connecting;
  return near(proof.asked_ms, proof.measured_ms) &&
         (!connecting || near(connecting->asked_ms, connecting->measured_ms));
}

// Fills in what was measured on these links; false when nothing comes back.
bool measure(Wanted& wanted, const std::vector<size_t>& which, uint64_t seed) {
  net::Loop loop;
  Relay relay(loop, seed);
  if (!relay.open()) return false;
  std::vector<RelayLink> links;
  for (const size_t i : which) links.push_back(wanted.links[i]);
  const auto measured = probe(loop, relay, "127.0.0.1", links);
  for (size_t i = 0; i < which.size(); ++i) {
    if (!measured[i]) return false;
    LinkProof& proof = wanted.proofs[which[i]];
    proof.measured_ms = measured[i]->rtt_ms;
    if (proof.connecting) proof.connecting->measured_ms = measured[i]->connected_ms;
  }
  return true;
}

}  // namespace

Outcome<std::vector<LinkProof>> prove_links(const Scenario& scenario, uint64_t seed) {
  const Paths paths(scenario);
  Wanted wanted;
  add_clients(scenario, paths, seed, wanted);
  add_pops(scenario, paths, wanted);
  std::vector<size_t> left(wanted.links.size());
  std::iota(left.begin(), left.end(), size_t{0});
  for (int round = 0; round < kRounds && !left.empty(); ++round) {
    if (!measure(wanted, left, seed)) {
      return std::unexpected("nothing comes back through the relay");
    }
    std::erase_if(left, [&](size_t i) { return kept(wanted.proofs[i]); });
  }
  return std::move(wanted.proofs);
}

std::vector<std::string> live_notes(const std::vector<RunOutcome>& runs) {
  std::vector<std::string> notes = {
      "Live: atoll-edge, atoll-control and atoll-origin ran on this machine; a relay put "
      "distances, "
      "jitter, losses and bandwidths between them and the clients. Connections share no line.",
      "A TLS handshake's round trip is put on by the relay, for the connections themselves are "
      "plain. Without a CDN an edge that caches nothing stands where the origin is."};
  for (const RunOutcome& run : runs) {
    if (!run.lateness) continue;
    const Histogram& relay = run.lateness->relay;
    const Histogram& requests = run.lateness->requests;
    if (std::max(relay.quantile_us(0.99), requests.quantile_us(0.99)) < kLateUs) continue;
    notes.push_back(fmt::format(
        "The machine was too busy for run {}: half of what passed the relay left {:.1f} ms late or "
        "more, one in a hundred {:.1f} ms; of the requests {:.1f} and {:.1f} ms. Latencies are too "
        "long by as much.",
        run.id, relay.quantile_us(0.5) / 1000, relay.quantile_us(0.99) / 1000,
        requests.quantile_us(0.5) / 1000, requests.quantile_us(0.99) / 1000));
  }
  return notes;
}

}  // namespace atl::lab
