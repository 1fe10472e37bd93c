#include <fmt/format.h>

#include <optional>
#include <utility>

#include "deploy/lab/scenario/read_parts.h"
#include "lib/base/durable_file.h"

namespace atl::lab {
namespace {

using config::Reader;
using config::RealRange;
using config::Section;

constexpr size_t kLargestMatrix = size_t{64} << 20;

// The file that a key names; nullopt when it names none, or after a problem.
std::optional<std::string> read_named(Section& section, std::string_view key,
                                      const std::string& folder) {
  const std::string name = section.string(key, "");
  if (name.empty()) return std::nullopt;
  auto text = read_file(name.starts_with('/') ? name : folder + name, kLargestMatrix);
  if (!text) {
    section.problem(key, fmt::format("cannot be read: {}", text.error()));
    return std::nullopt;
  }
  if (!*text) section.problem(key, fmt::format("names {}, which is not there", name));
  return *std::move(text);
}

LatencyMatrix read_matrix(Section& section, const std::string& folder) {
  LatencyMatrix matrix;
  if (const auto text = read_named(section, "matrix", folder)) {
    if (auto parsed = LatencyMatrix::parse(*text)) {
      matrix = *std::move(parsed);
    } else {
      section.problem("matrix", parsed.error());
    }
  }
  if (const auto text = read_named(section, "places", folder)) {
    if (const auto parsed = matrix.parse_places(*text); !parsed) {
      section.problem("places", parsed.error());
    }
  }
  return matrix;
}

Wire read_wire(Section& section, const Wire& base) {
  Wire wire;
  const std::string shape =
      section.choice("jitter", {"exponential", "lognormal", "uniform"}, "exponential");
  wire.jitter = shape == "lognormal" ? Wire::Jitter::Lognormal
                : shape == "uniform" ? Wire::Jitter::Uniform
                                     : Wire::Jitter::Exponential;
  const auto real = [&](std::string_view key, RealRange range, double fallback) {
    return section.optional_real(key, range).value_or(fallback);
  };
  wire.jitter_ms = real("jitter_ms", {0, 10'000}, base.jitter_ms);
  wire.jitter_sigma = real("jitter_sigma", {0.01, 4}, base.jitter_sigma);
  if (section.has("jitter_sigma") && wire.jitter != Wire::Jitter::Lognormal) {
    section.problem("jitter_sigma", "is for jitter = \"lognormal\" only");
  }
  wire.loss = real("loss", {0, 0.5}, base.loss);
  wire.bandwidth_mbit = real("bandwidth_mbit", {0.001, 1'000'000}, base.bandwidth_mbit);
  return wire;
}

}  // namespace

Network read_network(Reader& reader, const std::string& folder) {
  Section section = reader.table("network");
  Network network;
  network.matrix = read_matrix(section, folder);
  network.wan = read_wire(section, Wire{.bandwidth_mbit = 1000});
  network.tls = section.boolean("tls", true);
  network.requests_per_connection =
      section.optional_real("requests_per_connection", RealRange{1, 1e6}).value_or(6);
  std::vector<std::string> names;
  for (Section& table : reader.tables("class")) {
    ClientClass one;
    one.name = table.string("name");
    check_id(table, "name", one.name, names);
    one.share = table.optional_real("share", RealRange{1e-6, 1e9}).value_or(1);
    one.rtt_ms = table.optional_real("rtt_ms", RealRange{0, 10'000}).value_or(0);
    one.wire = read_wire(table, Wire{.bandwidth_mbit = 100});
    network.classes.push_back(std::move(one));
  }
  if (network.classes.empty()) {
    network.classes.push_back({.name = "default", .wire = Wire{.bandwidth_mbit = 100}});
  }
  return network;
}

}  // namespace atl::lab
