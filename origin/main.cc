// Reads the configuration, builds every object, runs; nothing else.

#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <expected>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/durable_file.h"
#include "lib/base/duration.h"
#include "lib/base/log.h"
#include "lib/base/open_files.h"
#include "lib/rpc/credential_keeper.h"
#include "lib/rpc/exchange_server.h"
#include "lib/rpc/grpc_log.h"
#include "origin/admin.h"
#include "origin/config.h"
#include "origin/service.h"
#include "origin/sources/build.h"
#include "origin/stats/counted_service.h"

namespace atl::origin {
namespace {

constexpr const char* kVersion = ATOLL_VERSION;
constexpr int kFailed = 1;
constexpr int kBadUsage = 2;

struct Flags {
  std::string config;
  std::string listen;
  std::string log_level = "info";
  bool check = false;
};

int complain(const std::vector<std::string>& problems, int code) {
  for (const std::string& problem : problems) {
    std::fprintf(stderr, "atoll-origin: %s\n", problem.c_str());
  }
  return code;
}

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash == 0 ? 1 : slash);
}

// Signals are taken by sigwait() here, so every thread that is started later blocks them.
sigset_t block_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return set;
}

rpc::ServerOptions server_options(const Config& config) {
  rpc::ServerOptions options;
  options.listen = config.listen;
  options.version = kVersion;
  options.exchanges = config.max_exchanges;
  options.head_timeout = config.head_timeout;
  options.timeout = config.timeout;
  return options;
}

// Null: without mutual TLS. Blocks until there is a certificate.
std::expected<std::unique_ptr<rpc::CredentialKeeper>, std::string> keep_credentials(
    const TrustConfig& trust, const Clock& clock) {
  if (!trust.enabled) return nullptr;
  if (auto made = make_directory(trust.state_dir); !made) return std::unexpected(made.error());
  return rpc::CredentialKeeper::start(
      {.control = trust.control,
       .directory = trust.state_dir + "/trust",
       .token_file = trust.token_file,
       .self = {.kind = trust::Kind::Origin, .pop = {}, .name = trust.name},
       .refresh = trust.refresh,
       .give_up =
           [] {
             sigset_t waiting;  // blocked, for sigwait() later
             return sigpending(&waiting) == 0 &&
                    (sigismember(&waiting, SIGTERM) == 1 || sigismember(&waiting, SIGINT) == 1);
           }},
      clock);
}

int serve(const Config& config, Service& sources, const sigset_t& signals) {
  const SystemClock clock;
  CountedService service(sources, clock);
  std::unique_ptr<Admin> admin;
  if (!config.admin_listen.empty()) {
    auto started = Admin::start(config.admin_listen, service, clock);
    if (!started) return complain({started.error()}, kFailed);
    admin = std::move(*started);
  }
  const auto keeper = keep_credentials(config.trust, clock);
  if (!keeper) return complain({keeper.error()}, kFailed);
  rpc::ServerOptions options = server_options(config);
  if (*keeper != nullptr) {
    options.trust = {.files = (*keeper)->files(),
                     .guard = (*keeper)->guard(),
                     .callers = {trust::Kind::Edge, trust::Kind::Control}};
  }
  auto server = rpc::ExchangeServer::start(std::move(options), service);
  if (!server) return complain({server.error()}, kFailed);
  if (*keeper != nullptr) (*keeper)->watch([raw = server->get()] { raw->recheck(); });
  for (const rpc::SourceStatus& source : service.describe()) {
    log_info("source {}: {}", source.name, source.type);
  }
  log_info("serving on {} (port {})", config.listen, (*server)->port());
  int signal = 0;
  sigwait(&signals, &signal);
  log_info("stopping, at most {} for what is in progress", format_duration(config.stop_grace));
  if (*keeper != nullptr) (*keeper)->watch(nullptr);
  (*server)->stop(config.stop_grace);
  return 0;
}

int run(const Flags& flags) {
  const auto level = parse_log_level(flags.log_level);
  if (!level) return complain({std::string("--log-level: ") + level.error().detail}, kBadUsage);
  log_setup("atoll-origin", *level);
  rpc::route_grpc_log();
  raise_open_files(kMostOpenFiles);

  config::Reader reader = config::Reader::from_file(flags.config);
  std::vector<std::string> listen;
  if (!flags.listen.empty()) listen.push_back(flags.listen);
  reader.flag("origin.listen", "--listen", listen);
  const Config config = read_config(reader, folder_of(flags.config));
  const std::vector<std::string> wrong = reader.problems();
  if (!wrong.empty()) return complain(wrong, kBadUsage);

  const sigset_t signals = block_signals();
  SourceWorld world(config.file_threads);
  Service service;  // its sources use the world
  const std::vector<std::string> missing = build_sources(config, world, service);
  if (!missing.empty()) return complain(missing, flags.check ? kBadUsage : kFailed);
  if (flags.check) {
    std::printf("%s: %zu sources, all right\n", flags.config.c_str(), config.sources.size());
    return 0;
  }
  return serve(config, service, signals);
}

}  // namespace
}  // namespace atl::origin

int main(int argc, char** argv) {
  CLI::App app("atoll-origin: answers edges' misses over gRPC from directories and HTTP upstreams");
  atl::origin::Flags flags;
  app.add_option("--config", flags.config, "Configuration file (TOML)")->required();
  app.add_option("--listen", flags.listen, "host:port to listen on; wins over the file");
  app.add_option("--log-level", flags.log_level, "debug, info, warn or error");
  app.add_flag("--check", flags.check, "Check the configuration and what it names, then exit");
  app.set_version_flag("--version", std::string("atoll-origin ") + atl::origin::kVersion);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : 2;
  }
  return atl::origin::run(flags);
}
