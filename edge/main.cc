// Reads the configuration, builds every object, runs; nothing else.

#include <signal.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "edge/admin.h"
#include "edge/agent/agent.h"
#include "edge/certificates.h"
#include "edge/config.h"
#include "edge/edge_node.h"
#include "edge/handover/giver.h"
#include "edge/handover/node_estate.h"
#include "edge/handover/taker.h"
#include "edge/stats/access_log.h"
#include "lib/base/durable_file.h"
#include "lib/base/log.h"
#include "lib/base/open_files.h"
#include "lib/config/reader.h"
#include "lib/net/endpoint.h"
#include "lib/net/loop.h"
#include "lib/net/signals.h"
#include "lib/rpc/credential_keeper.h"
#include "lib/rpc/grpc_log.h"
#include "lib/server/server.h"

namespace atl::edge {
namespace {

constexpr int kFailed = 1;
constexpr int kBadUsage = 2;
constexpr uint64_t kOwnDescriptors = 256;  // files, event queues, links; a guess on the safe side

struct Flags {
  std::string config;
  std::string log_level = "info";
  std::vector<std::string> pop, node, listen, admin_listen, control, state_dir, cache_memory,
      workers, access_log;
  bool check = false;
  bool take_over = false;
};

int complain(const std::vector<std::string>& problems, int code) {
  for (const std::string& problem : problems) {
    std::fprintf(stderr, "atoll-edge: %s\n", problem.c_str());
  }
  return code;
}

config::Reader reader_for(const Flags& flags) {
  config::Reader reader = flags.config.empty() ? config::Reader::without_file()
                                               : config::Reader::from_file(flags.config);
  reader.flag("edge.pop", "--pop", flags.pop);
  reader.flag("edge.node", "--node", flags.node);
  reader.flag("edge.listen", "--listen", flags.listen);
  reader.flag("edge.admin_listen", "--admin-listen", flags.admin_listen);
  reader.flag("edge.control", "--control", flags.control);
  reader.flag("edge.state_dir", "--state-dir", flags.state_dir);
  reader.flag("edge.cache_memory", "--cache-memory", flags.cache_memory);
  reader.flag("edge.workers", "--workers", flags.workers);
  reader.flag("edge.access_log", "--access-log", flags.access_log);
  return reader;
}

std::vector<std::string> check_certificates(const Config& config) {
  if (config.tls.listen.empty()) return {};
  const SystemClock clock;
  net::Loop loop;
  auto context = Certificates(loop, clock).load(config.tls.certificates);
  return context ? std::vector<std::string>{} : std::move(context.error());
}

// Reads the files of the configuration anew, as it stands now. What is wrong with it or with them
// is logged, and the old certificates stay.
void reload_certificates(const Flags& flags, const Config& running, const Certificates& source,
                         EdgeNode& node) {
  config::Reader reader = reader_for(flags);
  const Config config = read_config(reader);
  std::vector<std::string> problems = reader.problems();
  if (problems.empty() && config.tls.listen != running.tls.listen) {
    problems.push_back("[edge.tls] listen: a change of addresses needs a restart");
  }
  if (problems.empty()) {
    auto context = source.load(config.tls.certificates);
    if (context) {
      node.change_tls(*context);
      return log_info("{} certificates in force", config.tls.certificates.size());
    }
    problems = std::move(context.error());
  }
  for (const std::string& problem : problems) log_error("certificates not reloaded: {}", problem);
}

// At its address, unless that comes with the sockets that are handed over.
std::vector<std::string> open_admin(const Config& config, server::Server& admin) {
  const auto at = net::parse_endpoint(config.admin_listen);
  const auto free = at ? net::probe_free(*at) : Result<void>{};
  const auto bound = free ? admin.listen(*at) : std::unexpected(free.error());
  if (!bound) return {"admin_listen " + config.admin_listen + ": " + bound.error().detail};
  log_info("admin on {}", net::to_string(*bound));
  return {};
}

void adopt_admin(const Config& config, server::Server& admin,
                 std::vector<server::ListeningSocket> sockets) {
  const auto at = net::parse_endpoint(config.admin_listen);
  for (server::ListeningSocket& socket : sockets) {
    if (!at || !net::same_address(*at, socket.at)) continue;
    const auto bound = admin.listen_on(std::move(socket.socket), false);
    if (!bound) log_error("admin_listen {}: {}", config.admin_listen, bound.error().detail);
  }
}

bool inherits_admin(const Config& config, const std::vector<server::ListeningSocket>& sockets) {
  const auto at = net::parse_endpoint(config.admin_listen);
  return at && std::any_of(sockets.begin(), sockets.end(),
                           [&](const auto& socket) { return net::same_address(*at, socket.at); });
}

std::vector<server::ListeningSocket> client_sockets(handover::Taker& taker) {
  auto sockets = taker.take_sockets(handover::kHttp);
  auto tls = taker.take_sockets(handover::kHttps);
  std::move(tls.begin(), tls.end(), std::back_inserter(sockets));
  return sockets;
}

AgentOptions agent_options(const Config& config, const EdgeNode::Bound& bound) {
  std::vector<std::string> endpoints;
  for (const net::Endpoint& at : bound.plain) {
    endpoints.push_back(net::to_string(at));
    log_info("serving on {}", endpoints.back());
  }
  for (const net::Endpoint& at : bound.tls) log_info("serving TLS on {}", net::to_string(at));
  if (bound.peer_port != 0) log_info("answering other edges on port {}", bound.peer_port);
  return {.pop = config.pop,
          .node = config.node,
          .control = config.control,
          .state_dir = config.state_dir,
          .http_endpoints = std::move(endpoints),
          .workers = config.workers,
          .cache_capacity = config.cache_memory.count,
          .version = ATOLL_VERSION,
          .remember_purges = !config.disk.volumes.empty()};
}

// Null: without mutual TLS. Blocks until there is a certificate.
std::expected<std::unique_ptr<rpc::CredentialKeeper>, std::string> keep_credentials(
    const Config& config, const Clock& clock) {
  if (!config.trust.enabled) return nullptr;
  return rpc::CredentialKeeper::start(
      {.control = config.control,
       .directory = config.state_dir + "/trust",
       .token_file = config.trust.token_file,
       .self = {.kind = trust::Kind::Edge, .pop = config.pop, .name = config.node},
       .refresh = config.trust.refresh,
       .give_up = nullptr},
      clock);
}

// With what the keeper has now.
void use_trust(const rpc::CredentialKeeper& keeper, EdgeNode& node) {
  const auto context = rpc::make_client_context(*keeper.credentials());
  if (!context) return log_error("the certificate cannot be used: {}", context.error());
  node.use_trust({*context, keeper.guard(), keeper.files()});
}

int serve(const Flags& flags, const Config& config, AccessLog* access) {
  const SystemClock clock;
  net::Loop loop;
  const auto keeper = keep_credentials(config, clock);
  if (!keeper) return complain({keeper.error()}, kFailed);
  const Certificates certificates(loop, clock);
  std::shared_ptr<const net::TlsContext> tls;
  if (!config.tls.listen.empty()) {
    auto context = certificates.load(config.tls.certificates);
    if (!context) return complain(context.error(), kFailed);
    tls = std::move(*context);
  }
  const std::string place = config.state_dir + "/handover";
  std::unique_ptr<handover::Taker> taker;
  if (flags.take_over) {
    auto connected = handover::Taker::connect(loop, place);
    if (!connected) return complain({"--take-over: " + connected.error()}, kFailed);
    taker = std::move(*connected);
    if (!taker) log_info("--take-over: nobody serves there; starting afresh");
  }
  EdgeNode node(loop, config, clock, access);
  if (*keeper != nullptr) {
    (*keeper)->watch([&] { loop.post([&] { use_trust(**keeper, node); }); });
    use_trust(**keeper, node);
  }
  Admin admin(node, clock);
  server::Server admin_server(loop, admin, server::Limits{});
  std::vector<server::ListeningSocket> admin_sockets;
  if (taker) admin_sockets = taker->take_sockets(handover::kAdmin);
  if (!config.admin_listen.empty() && !inherits_admin(config, admin_sockets)) {
    const auto wrong = open_admin(config, admin_server);
    if (!wrong.empty()) return complain(wrong, kFailed);
  }
  if (taker) {
    if (const auto free = taker->prepared(); !free) return complain({free.error()}, kFailed);
  }
  const auto listening =
      node.start(tls, taker ? client_sockets(*taker) : std::vector<server::ListeningSocket>{});
  if (!listening) return complain({listening.error()}, kFailed);

  AgentOptions options = agent_options(config, *listening);
  if (taker) options.instance = taker->instance();
  if (*keeper != nullptr) options.credentials = [&] { return (*keeper)->credentials(); };
  std::unique_ptr<handover::Estate> estate;
  std::unique_ptr<handover::Giver> giver;
  const auto await_successor = [&] {
    auto opened = handover::Giver::listen(loop, place, *estate);
    if (!opened) return log_warn("no --take-over of this process: {}", opened.error());
    giver = std::move(*opened);
  };
  std::unique_ptr<handover::SucceedingNode> succeeding;
  if (taker) {
    succeeding = std::make_unique<handover::SucceedingNode>(loop, node, *taker, [&] {
      if (!config.admin_listen.empty()) {
        adopt_admin(config, admin_server, std::move(admin_sockets));
      }
      await_successor();
      taker->serving();
    });
  }
  Agent agent(loop, taker ? static_cast<Node&>(*succeeding) : node, std::move(options));
  estate = std::make_unique<handover::NodeEstate>(
      loop, node, agent, admin_server,
      handover::NodeEstate::Grace{config.handover_grace, config.stop_grace});
  if (!taker) await_successor();
  agent.start();

  bool stopping = false;
  net::Signals signals(loop, {SIGTERM, SIGINT, SIGHUP}, [&](int signal) {
    if (signal == SIGHUP) {
      if (access != nullptr) access->reopen();
      if (tls != nullptr) reload_certificates(flags, config, certificates, node);
      return;
    }
    if (std::exchange(stopping, true)) return loop.stop();  // asked twice: at once
    log_info("stopping, at most {} ms for what is in progress", config.stop_grace.count());
    agent.end_of_orders();
    node.set_draining(true, {{}, config.stop_grace}, [&] { loop.stop(); });
    agent.report_health();
  });
  loop.run();
  giver = nullptr;
  return 0;
}

// Each client is a descriptor, and so is each connection to an origin or another edge.
void allow_connections(const Config& config) {
  const uint64_t allowed = raise_open_files(kMostOpenFiles);
  if (allowed >= uint64_t{config.limits.connections} + kOwnDescriptors) return;
  log_warn(
      "{} open files are allowed, [edge.limits] connections is {}: raise the limit (ulimit -Hn, "
      "LimitNOFILE=, "
      "ulimits of compose) or lower connections",
      allowed, config.limits.connections);
}

int run(const Flags& flags) {
  const auto level = parse_log_level(flags.log_level);
  if (!level) return complain({std::string("--log-level: ") + level.error().detail}, kBadUsage);
  log_setup("atoll-edge", *level);
  rpc::route_grpc_log();
  config::Reader reader = reader_for(flags);
  const Config config = read_config(reader);
  if (const auto wrong = reader.problems(); !wrong.empty()) return complain(wrong, kBadUsage);
  if (flags.check) {
    const auto wrong = check_certificates(config);
    if (!wrong.empty()) return complain(wrong, kBadUsage);
    std::printf("configuration of %s: all right\n", config.pop.c_str());
    return 0;
  }
  if (const auto made = make_directory(config.state_dir); !made) {
    return complain({"state_dir: " + made.error()}, kFailed);
  }
  allow_connections(config);
  std::unique_ptr<AccessLog> access;
  if (!config.access_log.empty()) {
    auto opened = AccessLog::open(config.access_log, config.workers);
    if (!opened) return complain({config.access_log + ": " + opened.error().detail}, kFailed);
    access = std::move(*opened);
  }
  return serve(flags, config, access.get());
}

}  // namespace
}  // namespace atl::edge

int main(int argc, char** argv) {
  CLI::App app(
      "atoll-edge: one node of a PoP; serves HTTP from its cache and fetches what it lacks");
  atl::edge::Flags flags;
  app.add_option("--config", flags.config,
                 "Configuration file (TOML); every flag below wins over it");
  app.add_option("--pop", flags.pop, "Name of the PoP")->expected(1);
  app.add_option("--node", flags.node, "Name of this node within the PoP")->expected(1);
  app.add_option("--listen", flags.listen, "host:port for clients; may be repeated")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--admin-listen", flags.admin_listen, "host:port for /healthz, /metrics, /statusz")
      ->expected(1);
  app.add_option("--control", flags.control, "host:port of the control plane")->expected(1);
  app.add_option("--state-dir", flags.state_dir, "Folder for what survives a restart")->expected(1);
  app.add_option("--cache-memory", flags.cache_memory, "Size of the cache, such as 256MiB")
      ->expected(1);
  app.add_option("--workers", flags.workers, "Threads that serve")->expected(1);
  app.add_option("--access-log", flags.access_log, "File for JSON lines, \"-\" for standard output")
      ->expected(1);
  app.add_option("--log-level", flags.log_level, "debug, info, warn or error");
  app.add_flag("--take-over", flags.take_over,
               "Take the place of the process that serves with the same state_dir, without a "
               "refused connection");
  app.add_flag("--check", flags.check, "Check the configuration, then exit");
  app.set_version_flag("--version", std::string("atoll-edge ") + ATOLL_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : 2;
  }
  return atl::edge::run(flags);
}
