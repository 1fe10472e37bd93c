#include "deploy/cli/replay/plan.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "deploy/cli/text.h"

namespace atl::cli {
namespace {

bool is_address(const std::string& text) {
  in6_addr ignored;
  return inet_pton(AF_INET, text.c_str(), &ignored) == 1 ||
         inet_pton(AF_INET6, text.c_str(), &ignored) == 1;
}

// "127.0.1.1:8080", "[::1]:8080", "edge.example:80".
bool is_endpoint(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  uint16_t port = 0;
  const auto [rest, status] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  const bool number = status == std::errc{} && rest == digits.data() + digits.size();
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  const bool plain = host.find_first_of(":/?#@[] ") == std::string_view::npos;
  return number && port != 0 && (bracketed || plain);
}

// What a PoP may be called: it is shown on a terminal.
bool is_name(std::string_view text) {
  const auto fine = [](char c) { return c > ' ' && c <= '~'; };
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), fine);
}

size_t pop_index(Plan& plan, const std::string& name) {
  const auto found = std::find_if(plan.pops.begin(), plan.pops.end(),
                                  [&](const Pop& pop) { return pop.name == name; });
  if (found != plan.pops.end()) return static_cast<size_t>(found - plan.pops.begin());
  plan.pops.push_back({name, {}});
  return plan.pops.size() - 1;
}

struct Route {
  std::string pop;
  std::vector<std::string> endpoints;
};

// {"pop": "fra", "endpoints": ["127.0.1.1:8080"], ...}
std::optional<Route> parse_route(const std::string& body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object() || !json.contains("pop") || !json["pop"].is_string() ||
      !json.contains("endpoints") || !json["endpoints"].is_array()) {
    return std::nullopt;
  }
  Route route{json["pop"].get<std::string>(), {}};
  for (const auto& endpoint : json["endpoints"]) {
    if (!endpoint.is_string() || !is_endpoint(endpoint.get_ref<const std::string&>())) {
      return std::nullopt;
    }
    route.endpoints.push_back(endpoint.get<std::string>());
  }
  if (!is_name(route.pop) || route.endpoints.empty()) return std::nullopt;
  return route;
}

// splitmix64: spreads neighbouring rows over all clients.
uint64_t mix(uint64_t z) {
  z += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace

Destination assign(const Plan& plan, uint64_t row, uint64_t seed) {
  const uint64_t hash = mix(mix(seed) ^ row);
  const Client& client = plan.clients[hash % plan.clients.size()];
  const Pop& pop = plan.pops[client.pop];
  return {client.pop, pop.endpoints[mix(hash) % pop.endpoints.size()]};
}

Outcome<Plan> plan_from_pops(const std::vector<std::string>& definitions) {
  Plan plan;
  for (const std::string& definition : definitions) {
    const size_t equals = definition.find('=');
    if (equals == std::string::npos || !is_name(std::string_view(definition).substr(0, equals)) ||
        !is_endpoint(std::string_view(definition).substr(equals + 1))) {
      return std::unexpected(
          fmt::format("\"{}\" is not a PoP; write for example fra=127.0.1.1:8080", definition));
    }
    const size_t index = pop_index(plan, definition.substr(0, equals));
    plan.pops[index].endpoints.push_back(definition.substr(equals + 1));
  }
  for (size_t i = 0; i < plan.pops.size(); ++i) plan.clients.push_back({"", i});
  return plan;
}

Outcome<Plan> plan_from_control(const Api& control, const std::vector<std::string>& addresses) {
  Plan plan;
  for (const std::string& address : addresses) {
    if (!is_address(address)) {
      return std::unexpected(fmt::format("\"{}\" is not an IP address", address));
    }
    const std::string path = fmt::format("/v1/route?ip={}", address);
    const auto answer = control.ask("GET", path);
    if (!answer) return std::unexpected(answer.error());
    const auto route = answer->status == 200 ? parse_route(answer->body) : std::nullopt;
    if (!route) {
      return std::unexpected(fmt::format("{}{} gave no route: status {}: {}", control.base(), path,
                                         answer->status, printable(answer->body, 200)));
    }
    const size_t index = pop_index(plan, route->pop);
    plan.pops[index].endpoints = route->endpoints;
    plan.clients.push_back({address, index});
  }
  return plan;
}

Outcome<std::vector<std::string>> read_client_file(const std::string& path) {
  std::ifstream file(path);
  if (!file) return std::unexpected(fmt::format("cannot open {}", path));
  std::vector<std::string> addresses;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    line.resize(std::min(line.find('#'), line.size()));
    const size_t begin = line.find_first_not_of(" \t\r");
    if (begin == std::string::npos) continue;
    line = line.substr(begin, line.find_last_not_of(" \t\r") - begin + 1);
    if (!is_address(line)) {
      return std::unexpected(fmt::format("{}:{}: \"{}\" is not an IP address", path, number, line));
    }
    addresses.push_back(line);
  }
  if (file.bad()) return std::unexpected(fmt::format("cannot read {}", path));
  if (addresses.empty()) return std::unexpected(fmt::format("{} names no address", path));
  return addresses;
}

std::vector<std::string> default_clients() {
  return {
      "91.0.0.1",     // Germany
      "90.0.0.1",     // France
      "81.128.0.1",   // United Kingdom
      "73.0.0.1",     // United States
      "24.48.0.1",    // Canada
      "189.128.0.1",  // Mexico
      "177.0.0.1",    // Brazil
      "181.0.0.1",    // Argentina
      "117.192.0.1",  // India
      "39.32.0.1",    // Pakistan
      "116.86.0.1",   // Singapore
      "36.64.0.1",    // Indonesia
      "126.0.0.1",    // Japan
      "1.120.0.1",    // Australia
      "122.56.0.1",   // New Zealand
      "41.0.0.1",     // South Africa
  };
}

}  // namespace atl::cli
