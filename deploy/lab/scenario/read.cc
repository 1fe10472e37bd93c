#include "deploy/lab/scenario/read.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "deploy/lab/scenario/read_parts.h"
#include "lib/config/nearest.h"

namespace atl::lab {
namespace {

using config::Reader;
using config::RealRange;
using config::Section;

constexpr uint64_t kLeastCache = 64 << 10;
constexpr Span kLongest = std::chrono::hours{24 * 7};

std::string stem(const std::string& path) { return std::filesystem::path(path).stem().string(); }

void read_head(Reader& reader, Scenario& scenario) {
  Section root = reader.root();
  scenario.title = root.string("title");
  scenario.description = root.string("description", "");
  scenario.duration = root.duration("duration", std::chrono::minutes{10}, std::chrono::seconds{1});
  if (scenario.duration > kLongest) root.problem("duration", "must be at most 7d");
  scenario.warmup = root.duration("warmup", Span{0});
  if (scenario.warmup >= scenario.duration) {
    root.problem("warmup", "must be shorter than the duration");
  }
  scenario.seed = static_cast<uint64_t>(root.integer("seed", 1));
}

void read_regions(Reader& reader, Scenario& scenario, std::vector<std::string>& ids) {
  for (Section& section : reader.tables("region")) {
    ClientRegion region;
    region.id = section.string("id");
    check_id(section, "id", region.id, ids);
    region.place = read_site(section, scenario.network.matrix, region.id);
    region.clients = section.optional_real("clients", RealRange{1e-6, 1e9}).value_or(1);
    scenario.regions.push_back(std::move(region));
  }
  if (scenario.regions.empty()) {
    reader.problem({}, "there are no clients: add a table [[region]] with an id");
  }
}

void read_pops(Reader& reader, Section& cache, Scenario& scenario, std::vector<std::string>& ids) {
  const uint64_t size = cache.bytes("size", ByteSize{256 << 20}, ByteSize{kLeastCache}).count;
  for (Section& section : reader.tables("pop")) {
    PopSpec pop;
    pop.id = section.string("id");
    check_id(section, "id", pop.id, ids);
    pop.place = read_site(section, scenario.network.matrix, "");
    pop.cache_bytes = section.bytes("size", ByteSize{size}, ByteSize{kLeastCache}).count;
    pop.nodes = static_cast<unsigned>(section.integer("nodes", 1, {1, 64}));
    scenario.pops.push_back(std::move(pop));
  }
  if (scenario.pops.empty()) {
    reader.problem({}, "there is no CDN: add a table [[pop]] with an id and a site");
  }
}

void read_origin(Reader& reader, Scenario& scenario) {
  Section section = reader.table("origin");
  if (!section.present()) {
    reader.problem({}, "there is no origin: add a table [origin] with a site");
    return;
  }
  OriginSpec& origin = scenario.origin;
  origin.place = read_site(section, scenario.network.matrix, "");
  origin.service_ms = section.optional_real("service_ms", RealRange{0, 60'000}).value_or(20);
  origin.service_sigma = section.optional_real("service_sigma", RealRange{0, 4}).value_or(0);
  origin.concurrency = static_cast<unsigned>(section.integer("concurrency", 0, {0, 1'000'000}));
}

void read_control(Reader& reader, Scenario& scenario) {
  Section section = reader.table("control");
  scenario.control =
      section.present() ? read_site(section, scenario.network.matrix, "") : scenario.origin.place;
}

Scenario read_all(Reader& reader, const std::string& name, const std::string& folder) {
  Scenario scenario;
  scenario.source = std::filesystem::path(name).filename().string();
  scenario.name = stem(name);
  read_head(reader, scenario);
  scenario.network = read_network(reader, folder);
  Known known{folder, scenario.network.matrix, {}, {}, scenario.duration};
  read_regions(reader, scenario, known.regions);
  Section cache = reader.table("cache");
  read_pops(reader, cache, scenario, known.pops);
  read_origin(reader, scenario);
  read_control(reader, scenario);
  scenario.streams = read_streams(reader, known);
  scenario.events = read_events(reader, known, scenario.streams);
  read_runs(reader, cache, known, scenario);
  return scenario;
}

std::expected<Scenario, ScenarioProblems> finish(Reader reader, const std::string& name,
                                                 const std::string& folder) {
  if (!reader.readable()) return std::unexpected(reader.problems());
  Scenario scenario = read_all(reader, name, folder);
  if (auto problems = reader.problems(); !problems.empty()) {
    return std::unexpected(std::move(problems));
  }
  return scenario;
}

}  // namespace

void check_id(Section& section, std::string_view key, const std::string& id,
              std::vector<std::string>& seen) {
  if (id.empty()) return;  // was said
  const bool plain = id.size() <= 64 && std::ranges::all_of(id, [](unsigned char c) {
                       return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
                     });
  if (!plain) section.problem(key, "must be letters, digits, '-', '_' and '.', at most 64");
  if (std::ranges::find(seen, id) != seen.end()) section.problem(key, "is there twice");
  seen.push_back(id);
}

void check_reference(Section& section, std::string_view key, const std::string& id,
                     const std::vector<std::string>& known, std::string_view what) {
  if (std::ranges::find(known, id) != known.end()) return;
  const std::string_view meant = config::nearest(id, known);
  section.problem(key, meant.empty()
                           ? fmt::format("names {}, which is no {} of this file", id, what)
                           : fmt::format("names {}, which is no {} of this file: did you mean {}?",
                                         id, what, meant));
}

Site read_site(Section section, const LatencyMatrix& matrix, const std::string& fallback) {
  Site site;
  site.site = section.string("site", "");
  const bool named = !site.site.empty();
  if (!named) site.site = fallback;
  const auto latitude = section.optional_real("latitude", RealRange{-90, 90});
  const auto longitude = section.optional_real("longitude", RealRange{-180, 180});
  const LatencyMatrix::Place* place = matrix.place(site.site);
  if (named && place == nullptr) {
    section.problem("site", "is not among the places that [network] knows");
  }
  if (latitude.has_value() != longitude.has_value()) {
    section.problem(latitude ? "latitude" : "longitude", "needs the other coordinate too");
  } else if (latitude) {
    site.at = {*latitude, *longitude};
    if (!named) site.site.clear();  // what is said here counts
  } else if (place != nullptr) {
    site.at = place->at;
  } else if (!named) {
    section.problem("site",
                    "is needed: the name of a place of the matrix, or latitude and longitude");
  }
  site.city = section.string("city", place == nullptr ? site.site : place->city);
  return site;
}

std::expected<Scenario, ScenarioProblems> read_scenario(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return finish(Reader::from_file(path), path, folder.empty() ? "" : folder + "/");
}

std::expected<Scenario, ScenarioProblems> read_scenario_text(const std::string& name,
                                                             std::string_view text,
                                                             const std::string& folder) {
  return finish(Reader::from_text(name, text), name, folder);
}

}  // namespace atl::lab
