#include "deploy/lab/scenario/scenario.h"

#include <algorithm>
#include <cmath>

namespace atl::lab {
namespace {

uint64_t part_of(uint64_t whole, double factor) {
  if (whole == 0) return 0;
  return std::max<uint64_t>(
      1, static_cast<uint64_t>(std::llround(static_cast<double>(whole) * factor)));
}

}  // namespace

std::string_view to_string(RoutingMode mode) {
  switch (mode) {
    case RoutingMode::Nearest:
      return "nearest";
    case RoutingMode::Random:
      return "random";
    case RoutingMode::Anycast:
      return "anycast";
  }
  return "nearest";
}

std::string_view to_string(TimelineEvent::Kind kind) {
  using Kind = TimelineEvent::Kind;
  switch (kind) {
    case Kind::PopDown:
      return "pop-down";
    case Kind::PopUp:
      return "pop-up";
    case Kind::OriginDown:
      return "origin-down";
    case Kind::OriginUp:
      return "origin-up";
    case Kind::OriginSlow:
      return "origin-slow";
    case Kind::Purge:
      return "purge";
    case Kind::FlashCrowd:
      return "flash-crowd";
  }
  return "purge";
}

Scenario scaled(Scenario scenario, double factor) {
  for (Stream& stream : scenario.streams) {
    if (stream.kind == Stream::Kind::Trace) continue;
    stream.requests_per_s *= factor;
    stream.objects = part_of(stream.objects, factor);
  }
  for (PopSpec& pop : scenario.pops) pop.cache_bytes = part_of(pop.cache_bytes, factor);
  for (RunSpec& run : scenario.runs) {
    if (run.cache_bytes) run.cache_bytes = part_of(*run.cache_bytes, factor);
  }
  for (TimelineEvent& event : scenario.events) event.per_s *= factor;
  scenario.origin.concurrency = static_cast<unsigned>(part_of(scenario.origin.concurrency, factor));
  return scenario;
}

double base_rtt_ms(const LatencyMatrix& matrix, const Site& from, const Site& to) {
  if (const auto measured = matrix.rtt_ms(from.site, to.site)) return *measured;
  return geo::modelled_rtt_ms(
      geo::distance_km(geo::direction_of(from.at), geo::direction_of(to.at)));
}

}  // namespace atl::lab
