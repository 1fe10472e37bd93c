// Reads the configuration, builds every object, runs; nothing else.

#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include "control-plane/access/guard.h"
#include "control-plane/controller.h"
#include "control-plane/dashboard/asset.h"
#include "control-plane/dns/server.h"
#include "control-plane/dns_key.h"
#include "control-plane/fleet/fleet.h"
#include "control-plane/fleet/prober.h"
#include "control-plane/fleet/server.h"
#include "control-plane/frontdoor/dns_feed.h"
#include "control-plane/frontdoor/front_door.h"
#include "control-plane/frontdoor/live.h"
#include "control-plane/frontdoor/routing.h"
#include "control-plane/node_command.h"
#include "control-plane/site.h"
#include "control-plane/token_command.h"
#include "control-plane/trust_state.h"
#include "lib/base/durable_file.h"
#include "lib/base/log.h"
#include "lib/base/open_files.h"
#include "lib/net/endpoint.h"
#include "lib/net/loop.h"
#include "lib/net/signals.h"
#include "lib/net/tcp_listener.h"
#include "lib/rpc/grpc_log.h"
#include "lib/server/server.h"

namespace atl::control {
namespace {

using std::chrono::milliseconds;

constexpr int kFailed = 1;
constexpr int kBadUsage = 2;
constexpr milliseconds kTick{100};         // how late a lost lease is noticed in the log
constexpr milliseconds kLiveTick{250};     // how late a second is told that is over
constexpr milliseconds kFilePoll{500};     // how often files are looked at
constexpr milliseconds kSaveTick{5'000};   // how often what was used is written, if it is due
constexpr milliseconds kStopGrace{5'000};  // for HTTP exchanges in progress
constexpr int kHeartbeatsPerLease = 4;     // so that one late heartbeat costs nothing

struct Flags {
  std::string config;
  std::string log_level = "info";
  bool check = false;
};

int complain(const Problems& problems, int code) {
  for (const std::string& problem : problems) {
    std::fprintf(stderr, "atoll-control: %s\n", problem.c_str());
  }
  return code;
}

std::string random_name() {
  std::random_device device;
  return fmt::format("{:08x}{:08x}", device(), device());
}

// What is kept between runs.
struct State {
  SnapshotVersions versions;
  PurgeLog purges;
  OrderBook orders;
  TokenStore tokens;
};

std::expected<State, std::string> open_state(const Fixed& fixed, const Clock& clock) {
  if (auto made = make_directory(fixed.state_dir); !made) return std::unexpected(made.error());
  const auto now = std::chrono::floor<std::chrono::seconds>(clock.wall()).time_since_epoch();
  std::string warning;
  auto versions = SnapshotVersions::open(fixed.state_dir + "/snapshot-version",
                                         static_cast<uint64_t>(now.count()), warning);
  if (!versions) return std::unexpected(versions.error());
  if (!warning.empty()) log_error("{}", std::exchange(warning, {}));
  auto purges = PurgeLog::open(fixed.state_dir + "/purges", warning);
  if (!purges) return std::unexpected(purges.error());
  if (!warning.empty()) log_error("{}", warning);
  auto orders = OrderBook::open(fixed.state_dir + "/pop-orders");
  if (!orders) return std::unexpected(orders.error());
  auto tokens = TokenStore::open(fixed.state_dir + "/" + kTokensFile);
  if (!tokens) return std::unexpected(tokens.error());
  return State{*std::move(versions), *std::move(purges), *std::move(orders), *std::move(tokens)};
}

std::expected<net::Endpoint, std::string> listen(server::Server& server, const std::string& text) {
  const auto failed = [&](const Error& error) {
    return std::unexpected(fmt::format("cannot listen on {}: {}", text, error.detail));
  };
  const auto at = net::parse_endpoint(text);
  if (!at) return failed(at.error());
  if (const auto free = net::probe_free(*at); !free) return failed(free.error());
  const auto bound = server.listen(*at);
  if (!bound) return failed(bound.error());
  return *bound;
}

void warn_without_tokens(const Config& config, TokenStore& tokens) {
  if (config.api.authentication == Authentication::Off || !tokens.tokens().empty()) return;
  log_warn(
      "there is no token yet, so nobody can call the API: make one with `atoll-control token "
      "create`");
}

int serve(const std::string& path, std::shared_ptr<const Site> site) {
  const Fixed fixed = site->config().fixed;
  const SystemClock clock;
  auto state = open_state(fixed, clock);
  if (!state) return complain({state.error()}, kFailed);

  net::Loop loop;
  Fleet fleet(clock, {fixed.lease, fixed.lease / kHeartbeatsPerLease, random_name()},
              std::move(state->purges), std::move(state->orders));
  Controller controller(path, std::move(site), std::move(state->versions), fleet);
  if (auto applied = controller.apply(); !applied) return complain({applied.error()}, kFailed);

  Routing routing(clock, controller, fleet);
  Live live(clock, controller, fleet, ATOLL_VERSION);
  Guard guard(clock, std::move(state->tokens), AuditLog(fixed.state_dir + "/" + kAuditFile));
  warn_without_tokens(controller.site()->config(), guard.tokens());
  FrontDoor front_door(clock, controller, fleet, routing, live, guard, ATOLL_VERSION,
                       bundled_assets());
  server::Server http(loop, front_door, server::Limits{});
  const auto http_at = listen(http, fixed.listen);
  if (!http_at) return complain({http_at.error()}, kFailed);
  std::unique_ptr<TrustState> trust;
  if (fixed.trust.enabled) {
    auto opened = TrustState::open(controller.site()->config(), clock);
    if (!opened) return complain({opened.error()}, kFailed);
    trust = *std::move(opened);
  }
  auto fleet_server = FleetServer::start(
      loop, fleet, fixed.fleet_listen,
      trust == nullptr ? std::nullopt
                       : std::optional(FleetTrust{trust->files(), trust->registrar()}));
  if (!fleet_server) return complain({fleet_server.error()}, kFailed);
  log_info("front door and API on {}, nodes join on {} (port {})", net::to_string(*http_at),
           fixed.fleet_listen, (*fleet_server)->port());

  Prober prober(loop, fleet);
  std::unique_ptr<DnsFeed> dns;
  if (fixed.dns) {
    if (auto free = dns::Server::probe(fixed.dns->server); !free) {
      return complain({free.error()}, kFailed);
    }
    dns = std::make_unique<DnsFeed>(clock, controller, fleet, routing);
    front_door.set_dns(*dns);
  }
  int code = 0;
  net::Timer tick(loop, [&] {
    fleet.tick();
    prober.tick();
    routing.now();  // loads are weighed whether somebody asks or not
    if (dns == nullptr) return;
    if (auto told = dns->tick(); !told) {
      log_error("{}", told.error());
      code = kFailed;
      loop.stop();
    }
  });
  tick.start_periodic(kTick);
  net::Timer live_tick(loop, [&] { live.tick(); });
  live_tick.start_periodic(kLiveTick);
  net::Timer files(loop, [&] {
    controller.poll_files();
    if (trust != nullptr && trust->tick(controller.site()->config().pops))
      (*fleet_server)->recheck();
  });
  files.start_periodic(kFilePoll);
  net::Timer save(loop, [&] { guard.save(); });
  save.start_periodic(kSaveTick);
  net::Timer give_up(loop, [&] { loop.stop(); });
  bool stopping = false;
  const net::Signals signals(loop, {SIGTERM, SIGINT, SIGHUP}, [&](int signal) {
    if (signal == SIGHUP) return controller.reload();
    if (std::exchange(stopping, true)) return loop.stop();  // asked twice: at once
    log_info("stopping");
    give_up.start(kStopGrace);
    live.end();
    http.drain([&] { loop.stop(); });
  });
  loop.run();
  guard.save(true);
  return code;
}

int run(const Flags& flags) {
  const auto level = parse_log_level(flags.log_level);
  if (!level) return complain({std::string("--log-level: ") + level.error().detail}, kBadUsage);
  log_setup("atoll-control", *level);
  rpc::route_grpc_log();
  raise_open_files(kMostOpenFiles);
  auto site = Site::load(flags.config);
  if (!site) return complain(site.error(), kBadUsage);
  const Config& config = (*site)->config();
  if (flags.check) {
    std::printf("%s: %zu PoPs, %zu distributions, all right\n", flags.config.c_str(),
                config.pops.size(), config.content.distributions.size());
    return 0;
  }
  if (config.geo_databases.empty()) {
    log_warn("no geo_database: only the subnet table says where clients are");
  }
  return serve(flags.config, *std::move(site));
}

}  // namespace
}  // namespace atl::control

int main(int argc, char** argv) {
  CLI::App app("atoll-control: sends clients to the nearest PoP and tells the PoPs what to serve");
  atl::control::Flags flags;
  app.add_option("--config", flags.config, "Configuration file (TOML)");
  app.add_option("--log-level", flags.log_level, "debug, info, warn or error");
  app.add_flag("--check", flags.check, "Check the configuration and what it names, then exit");
  app.set_version_flag("--version", std::string("atoll-control ") + ATOLL_VERSION);
  atl::control::TokenCommand token;
  atl::control::add_token_command(app, token, flags.config);
  std::string zone;
  std::string key_file;
  CLI::App* dns_key = app.add_subcommand(
      "dns-key", "Make the key that signs a zone, unless the file is there; print DNSKEY and DS");
  dns_key->add_option("--zone", zone, "Name of the zone")->required();
  dns_key->add_option("file", key_file, "What [dns] key names")->required();
  atl::control::NodeCommand node;
  atl::control::add_node_command(app, node, flags.config);
  try {
    app.parse(argc, argv);
    if (app.get_subcommands().empty() && flags.config.empty()) {
      throw CLI::RequiredError("--config");
    }
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : 2;
  }
  if (*dns_key) return atl::control::run_dns_key(zone, key_file);
  if (token.what != atl::control::TokenCommand::What::Nothing) {
    return atl::control::run_token_command(flags.config, token);
  }
  if (node.what != atl::control::NodeCommand::What::Nothing) {
    return atl::control::run_node_command(flags.config, node);
  }
  return atl::control::run(flags);
}
