#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "deploy/lab/scenario/read_parts.h"
#include "edge/cache/eviction/registry.h"
#include "lib/base/byte_size.h"

namespace atl::lab {
namespace {

using config::Reader;
using config::RealRange;
using config::Section;

// Keys that [cache] and [[run]] have in common; what is not there stays as it is.
void read_cache(Section& section, const Known& known, CacheSpec& cache) {
  cache.policy = section.string("policy", cache.policy);
  const auto names = cache::policy_names();
  if (std::ranges::find(names, cache.policy) == names.end()) {
    section.problem("policy", fmt::format("must be one of {}", fmt::join(names, ", ")));
  }
  cache.second_request = section.boolean("second_request", cache.second_request);
  cache.ttl = section.duration("ttl", cache.ttl);
  cache.stale_while_revalidate =
      section.duration("stale_while_revalidate", cache.stale_while_revalidate);
  cache.stale_if_error = section.duration("stale_if_error", cache.stale_if_error);
  cache.fetch_timeout =
      section.duration("fetch_timeout", cache.fetch_timeout, std::chrono::milliseconds{1});
  cache.flights = section.boolean("flights", cache.flights);
  cache.shield = section.string("shield", cache.shield);
  if (!cache.shield.empty()) {
    check_reference(section, "shield", cache.shield, known.pops, "[[pop]]");
  }
}

// [routing] calls it mode, [[run]] routing.
void read_routing(Section& section, std::string_view mode_key, RoutingSpec& routing) {
  const std::string mode = section.choice(mode_key, {"nearest", "random", "anycast"},
                                          std::string(to_string(routing.mode)));
  routing.mode = mode == "random"    ? RoutingMode::Random
                 : mode == "anycast" ? RoutingMode::Anycast
                                     : RoutingMode::Nearest;
  routing.answer_ttl = section.duration("answer_ttl", routing.answer_ttl);
  routing.detection = section.duration("detection", routing.detection);
  routing.detour = section.optional_real("detour", RealRange{0, 1}).value_or(routing.detour);
}

RunSpec read_run(Section& section, const Known& known, RunSpec base,
                 std::vector<std::string>& ids) {
  RunSpec run = std::move(base);
  run.id = section.string("id");
  check_id(section, "id", run.id, ids);
  run.title = section.string("title", run.id);
  run.cdn = section.boolean("cdn", true);
  read_cache(section, known, run.cache);
  read_routing(section, "routing", run.routing);
  if (const auto size = section.optional_bytes("size")) run.cache_bytes = size->count;
  return run;
}

void read_sweep(Section& section, Scenario& scenario) {
  Sweep sweep;
  sweep.title = section.string("title", "Cache of each PoP");
  const std::vector<std::string> sizes = section.strings("cache");
  if (scenario.runs.size() > 1) section.problem("cache", "is for a file with at most one [[run]]");
  const RunSpec base = scenario.runs.front();
  scenario.runs.clear();
  for (const std::string& text : sizes) {
    const auto size = parse_byte_size(text);
    if (!size || size->count < (64 << 10)) {
      section.problem("cache", fmt::format("holds {}, which is no size of at least 64KiB", text));
      continue;
    }
    RunSpec run = base;
    run.id = fmt::format("{}-{}", base.id, size->count);
    run.title = to_string(*size);
    run.cache_bytes = size->count;
    sweep.runs.push_back(run.id);
    scenario.runs.push_back(std::move(run));
  }
  scenario.sweep = std::move(sweep);
}

}  // namespace

void read_runs(Reader& reader, Section& cache, const Known& known, Scenario& scenario) {
  RunSpec base{.id = "cdn", .title = "With the CDN"};
  read_cache(cache, known, base.cache);
  base.cache.shards = static_cast<unsigned>(cache.integer("shards", 8, {1, 4096}));
  base.cache.service_ms = cache.optional_real("service_ms", RealRange{0, 1000}).value_or(0.1);
  Section routing = reader.table("routing");
  read_routing(routing, "mode", base.routing);
  std::vector<std::string> ids;
  for (Section& section : reader.tables("run")) {
    scenario.runs.push_back(read_run(section, known, base, ids));
  }
  if (scenario.runs.empty()) scenario.runs.push_back(base);
  if (Section sweep = reader.table("sweep"); sweep.present()) read_sweep(sweep, scenario);
}

}  // namespace atl::lab
