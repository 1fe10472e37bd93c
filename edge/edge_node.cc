#include "edge/edge_node.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <span>
#include <utility>

#include "edge/purge.h"
#include "edge/stats/exposition.h"
#include "lib/base/log.h"
#include "lib/net/endpoint.h"

namespace atl::edge {
namespace {

// For exchanges of peers that are under way when the port is given up; the control loop waits.
constexpr std::chrono::milliseconds kPeerGrace{500};

// So that nobody outside can prepare keys that collide.
uint64_t random_seed() {
  std::random_device device;
  return uint64_t{device()} << 32 | device();
}

std::chrono::microseconds cpu_time() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& time) {
    return std::chrono::seconds{time.tv_sec} + std::chrono::microseconds{time.tv_usec};
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

}  // namespace

EdgeNode::EdgeNode(net::Loop& loop, const Config& config, const Clock& clock, AccessLog* access)
    : loop_(loop),
      clock_(clock),
      shared_(config, clock, random_seed()),
      access_(access),
      check_client_(rpc::make_exchange_client(loop)),
      checker_(loop, *check_client_, shared_.origins, shared_.identity),
      started_(clock.wall()),
      patience_(loop, [this] { drain_workers(server::Draining::Now); }),
      drain_deadline_(loop,
                      [this] {
                        for (const auto& worker : workers_) worker->abort_all();
                      }),
      memory_watch_(loop, shared_.store),
      cpu_read_(clock.mono()),
      cpu_used_(cpu_time()) {
  for (unsigned i = 0; i < config.workers; ++i) {
    workers_.push_back(
        std::make_unique<Worker>(shared_, access == nullptr ? nullptr : &access->ring(i)));
  }
}

// Transfers reach across workers: nobody may run when the first of them goes, and all fetches go
// before the first loop does.
EdgeNode::~EdgeNode() {
  // Its threads post to the workers' loops, which answer as long as it lasts.
  if (peer_server_ != nullptr) peer_server_->stop(shared_.config.stop_grace);
  for (const auto& worker : workers_) worker->stop();
  for (const auto& worker : workers_) worker->shut_down();
  // Its threads post to the workers' loops.
  if (shared_.disk != nullptr) shared_.disk->stop();
}

std::expected<void, std::string> EdgeNode::open_disk() {
  const Config& config = shared_.config;
  if (config.disk.volumes.empty()) return {};
  disk::TierOptions options = config.disk;
  options.journal = config.state_dir + "/disk-purges";
  options.matchers = purge_matchers();
  auto tier = disk::Tier::open(std::move(options), clock_);
  if (!tier) return std::unexpected(tier.error());
  shared_.disk = *std::move(tier);
  return {};
}

std::expected<void, std::string> EdgeNode::open_places() {
  const std::string& path = shared_.config.place_database;
  if (path.empty()) return {};
  auto database = geo::Database::open(path);
  if (!database) return std::unexpected(fmt::format("place_database {}", database.error()));
  shared_.places = *std::move(database);
  return {};
}

bool EdgeNode::inherits(const net::Endpoint& at, bool tls) const {
  return std::any_of(inherited_.begin(), inherited_.end(),
                     [&](const server::ListeningSocket& socket) {
                       return socket.tls == tls && net::same_address(socket.at, at);
                     });
}

std::expected<net::Endpoint, std::string> EdgeNode::bind(const std::string& text, bool tls) {
  auto at = net::parse_endpoint(text);
  if (!at) return std::unexpected(fmt::format("listen \"{}\": {}", text, at.error().detail));
  if (inherits(*at, tls)) return *at;
  if (const auto free = net::probe_free(*at); !free) {
    return std::unexpected(fmt::format("cannot listen at {}: {}", text, free.error().detail));
  }
  for (const auto& worker : workers_) {
    const auto address = tls ? worker->listen_tls(*at) : worker->listen(*at);
    if (!address) {
      return std::unexpected(fmt::format("cannot listen at {}: {}", text, address.error().detail));
    }
    at = *address;  // of port 0 the first worker's choice is everybody's
  }
  return *at;
}

std::expected<EdgeNode::Bound, std::string> EdgeNode::start(
    std::shared_ptr<const net::TlsContext> tls, std::vector<server::ListeningSocket> inherited) {
  inherited_ = std::move(inherited);
  Bound bound;
  for (const std::string& text : shared_.config.listen) {
    auto at = bind(text, false);
    if (!at) return std::unexpected(std::move(at.error()));
    bound.plain.push_back(*at);
  }
  if (tls != nullptr) {
    for (const auto& worker : workers_) worker->use_tls(tls);
    for (const std::string& text : shared_.config.tls.listen) {
      auto at = bind(text, true);
      if (!at) return std::unexpected(std::move(at.error()));
      bound.tls.push_back(*at);
    }
  }
  std::erase_if(inherited_, [&](const server::ListeningSocket& socket) {
    const auto& ours = socket.tls ? bound.tls : bound.plain;
    return std::none_of(ours.begin(), ours.end(),
                        [&](const net::Endpoint& at) { return net::same_address(at, socket.at); });
  });
  if (const auto opened = open_disk(); !opened) return std::unexpected(opened.error());
  if (const auto opened = open_places(); !opened) return std::unexpected(opened.error());
  for (const auto& worker : workers_) worker->start();
  const auto port = answer_peers();
  if (!port) return std::unexpected(port.error());
  bound.peer_port = *port;
  return bound;
}

std::expected<uint16_t, std::string> EdgeNode::answer_peers() {
  const Config& config = shared_.config;
  if (config.peer_listen.empty()) return 0;
  std::vector<PeerDoor*> doors;
  for (const auto& worker : workers_) doors.push_back(&worker->door());
  peers_ = std::make_unique<PeerService>(std::move(doors), shared_.purges);
  rpc::ServerOptions options{.listen = config.peer_listen};
  if (trust_) {
    options.trust = {
        .files = trust_->files, .guard = trust_->guard, .callers = {trust::Kind::Edge}};
  }
  auto server = rpc::ExchangeServer::start(std::move(options), *peers_);
  if (!server) return std::unexpected("peer_listen: " + server.error());
  peer_server_ = *std::move(server);
  return peer_server_->port();
}

// Every socket is accepted from, or what waits in it would wait for ever, and every worker accepts:
// with other numbers of the two, some share.
void EdgeNode::open_inherited() {
  std::vector<server::ListeningSocket> sockets = std::exchange(inherited_, {});
  while (!sockets.empty()) {
    const net::Endpoint at = sockets.front().at;
    const bool tls = sockets.front().tls;
    const auto others = std::stable_partition(
        sockets.begin(), sockets.end(), [&](const server::ListeningSocket& socket) {
          return socket.tls != tls || !net::same_address(socket.at, at);
        });
    const std::span<const server::ListeningSocket> group(others, sockets.end());
    for (size_t i = 0; i < std::max(group.size(), workers_.size()); ++i) {
      workers_[i % workers_.size()]->listen_on(group[i % group.size()].socket.duplicate(), tls);
    }
    sockets.erase(others, sockets.end());
  }
}

void EdgeNode::duplicate_sockets(std::function<void(std::vector<server::ListeningSocket>)> told) {
  struct Gathering {
    std::vector<server::ListeningSocket> sockets;
    size_t missing;
    std::function<void(std::vector<server::ListeningSocket>)> told;
  };
  auto gathering = std::make_shared<Gathering>(
      Gathering{.sockets = {}, .missing = workers_.size(), .told = std::move(told)});
  for (const auto& worker : workers_) {
    worker->duplicate_sockets([this, gathering](std::vector<server::ListeningSocket> some) {
      loop_.post([gathering, some = std::move(some)]() mutable {
        std::move(some.begin(), some.end(), std::back_inserter(gathering->sockets));
        if (--gathering->missing == 0) gathering->told(std::move(gathering->sockets));
      });
    });
  }
}

// Its port is one that nobody else can have meanwhile. Peers that are refused ask the next owner or
// the origin.
void EdgeNode::release_peers() {
  if (peer_server_ == nullptr) return;
  peers_->set_draining(true);
  peer_server_->stop(kPeerGrace);
  peer_server_ = nullptr;
  peers_ = nullptr;
}

std::expected<void, std::string> EdgeNode::reopen_peers() {
  const auto port = answer_peers();
  if (!port) return std::unexpected(port.error());
  if (peers_ != nullptr && routes_ != nullptr) peers_->set_version(routes_->version());
  return {};
}

void EdgeNode::release_disk() {
  if (shared_.disk != nullptr) shared_.disk->release();
}

void EdgeNode::use_trust(NodeTrust trust) {
  trust_ = std::move(trust);
  check_client_->use_tls(trust_->context, trust_->guard);
  for (const auto& worker : workers_) worker->use_trust(trust_->context, trust_->guard);
  if (peer_server_ != nullptr) peer_server_->recheck();
}

void EdgeNode::change_tls(const std::shared_ptr<const net::TlsContext>& tls) {
  for (const auto& worker : workers_) worker->change_tls(tls);
}

void EdgeNode::apply_routes(std::shared_ptr<const RouteTable> routes) {
  log_info("configuration {} in force", routes->version());
  if (routes->asks_place() && shared_.places == nullptr) {
    log_warn(
        "configuration {} tells clients apart by their place, but this node has no "
        "place_database: none is known",
        routes->version());
  }
  routes_ = std::move(routes);
  shared_.origins.retain(*routes_);
  checker_.set_routes(*routes_);
  for (const auto& worker : workers_) worker->set_routes(routes_);
  if (peers_ != nullptr) peers_->set_version(routes_->version());
  open_inherited();  // after the routes: a worker does what it is told in order
}

Worker::Gauges EdgeNode::gauges() const {
  Worker::Gauges total;
  for (const auto& worker : workers_) {
    const Worker::Gauges gauges = worker->gauges();
    total.accepted += gauges.accepted;
    total.connections += gauges.connections;
    total.active += gauges.active;
    total.timed_out += gauges.timed_out;
    total.tls += gauges.tls;
  }
  return total;
}

NodeStatistics EdgeNode::statistics() {
  NodeStatistics total;
  for (const auto& worker : workers_) {
    const Counters& counters = worker->counters();
    total.hits += counters.hits.get();
    total.disk_hits += counters.disk_hits.get();
    total.stale += counters.stale.get();
    total.revalidated += counters.revalidated.get();
    total.misses += counters.misses.get();
    total.collapsed += counters.collapsed.get();
    total.bypassed += counters.bypassed.get();
    total.errors += counters.errors.get();
    total.refused += counters.refused.get();
    total.bytes_out += counters.bytes_out.get();
    total.bytes_from_cache += counters.bytes_from_cache.get();
    total.bytes_in += counters.bytes_in.get();
    counters.ttfb_hit.add_to(total.ttfb_hit);
    counters.ttfb_miss.add_to(total.ttfb_miss);
  }
  const cache::Store::Statistics store = shared_.store.statistics();
  total.cache_objects = store.objects;
  total.cache_bytes = store.bytes;
  total.cache_evictions = store.evictions;
  if (shared_.disk != nullptr) {
    const disk::Tier::Statistics disk = shared_.disk->statistics();
    total.disk_objects = disk.objects;
    total.disk_capacity = disk.capacity;
    total.disk_bytes_served = disk.bytes_served;
    total.disk_bytes_written = disk.bytes_written;
    total.disk_volumes_failed = disk.volumes_failed;
  }
  total.connections_accepted = gauges().accepted;
  total.time_ms = static_cast<uint64_t>(clock_.wall().time_since_epoch().count());
  return total;
}

NodeHealth EdgeNode::health() {
  NodeHealth health;
  health.serving = serving();
  if (draining_) {
    health.detail = "draining";
  } else if (routes_ == nullptr) {
    health.detail = "no configuration yet";
  }
  const Worker::Gauges now = gauges();
  health.connections = static_cast<uint32_t>(now.connections);
  health.requests_in_flight = static_cast<uint32_t>(now.active);

  const MonoTime time = clock_.mono();
  const auto used = cpu_time();
  const auto wall = std::chrono::duration_cast<std::chrono::microseconds>(time - cpu_read_);
  if (wall.count() > 0) {
    health.cpu_millicores = static_cast<uint32_t>((used - cpu_used_).count() * 1000 / wall.count());
  }
  cpu_read_ = time;
  cpu_used_ = used;

  if (routes_ == nullptr) return health;
  std::vector<Reachability> views;
  for (const auto& worker : workers_) views.push_back(worker->reachability());
  for (const OriginEndpoint& origin : routes_->origins()) {
    health.origins.push_back(health_of(origin, views));
  }
  return health;
}

OriginHealth EdgeNode::health_of(const OriginEndpoint& origin,
                                 const std::vector<Reachability>& views) const {
  const OriginReport report = shared_.origins.report(origin);
  if (!report.healthy) return {origin.id, false, "unhealthy: " + report.health_detail};
  if (report.breaker != Breaker::State::Closed) {
    return {origin.id, false, fmt::format("breaker {}", to_string(report.breaker))};
  }
  bool asked = false;
  bool answers = false;
  for (const Reachability& view : views) {
    const auto found = view.find(origin.endpoint);
    if (found == view.end() || !found->second) continue;
    asked = true;
    answers = answers || *found->second;
  }
  // Before anybody asked there is nothing to say against it.
  return {origin.id, answers || !asked, !asked ? "not asked yet" : answers ? "" : "unreachable"};
}

void EdgeNode::set_draining(bool draining, DrainTerms terms, std::function<void()> drained) {
  if (draining == draining_ && !patient_) {
    // Asked again: the latest caller is the one who hears.
    if (draining && undrained_ == 0 && drained) return loop_.post(std::move(drained));
    drained_ = std::move(drained);
    return;
  }
  const bool more = draining && draining_;  // asked again while it is still patient
  draining_ = draining;
  if (peers_ != nullptr) peers_->set_draining(draining);
  drained_ = std::move(drained);
  if (!draining) {
    ++drain_round_;
    patient_ = false;
    drained_ = nullptr;
    patience_.stop();
    drain_deadline_.stop();
    for (const auto& worker : workers_) worker->resume();
    return;
  }
  if (more) terms.patience = {};
  begin_drain(terms);
}

void EdgeNode::retire(DrainTerms terms, std::function<void()> drained) {
  retired_ = true;
  if (draining_) return set_draining(true, {{}, terms.deadline}, std::move(drained));
  draining_ = true;
  drained_ = std::move(drained);
  begin_drain(terms);
}

void EdgeNode::begin_drain(DrainTerms terms) {
  if (terms.deadline.count() > 0) drain_deadline_.start(terms.patience + terms.deadline);
  if (terms.patience.count() == 0) return drain_workers(server::Draining::Now);
  patience_.start(terms.patience);
  drain_workers(server::Draining::Patient);
}

void EdgeNode::drain_workers(server::Draining how) {
  patient_ = how == server::Draining::Patient;
  if (!patient_) patience_.stop();
  ++drain_round_;
  undrained_ = workers_.size();
  for (const auto& worker : workers_) {
    worker->drain(how, [this, round = drain_round_] {
      loop_.post([this, round] {
        if (round != drain_round_ || undrained_ == 0 || --undrained_ > 0) return;
        patience_.stop();
        drain_deadline_.stop();
        patient_ = false;
        if (auto done = std::exchange(drained_, nullptr)) done();
      });
    });
  }
}

void EdgeNode::purged_before(uint64_t number) {
  PurgeMarks::raise(shared_.purges.begun, number);
  PurgeMarks::raise(shared_.purges.done, number);
}

void EdgeNode::purge(const PurgeSpec& spec, std::function<void(Result<PurgeOutcome>)> done) {
  PurgeMarks::raise(shared_.purges.begun, spec.number);
  // Set before anything that was posted runs.
  const auto outcome = std::make_shared<Result<PurgeOutcome>>();
  *outcome =
      carry_out(spec, routes_.get(), shared_,
                [&loop = loop_, done = std::move(done), outcome](Result<void> durable) mutable {
                  loop.post([done = std::move(done), outcome, durable] {
                    done(durable || !*outcome ? *outcome : std::unexpected(durable.error()));
                  });
                });
  // One that makes no sense is done too: nobody will ever do more.
  PurgeMarks::raise(shared_.purges.done, spec.number);
  if (*outcome) log_info("purge: {} objects", (*outcome)->objects);
}

std::string EdgeNode::metrics() {
  std::vector<const Counters*> counters;
  for (const auto& worker : workers_) counters.push_back(&worker->counters());
  const Worker::Gauges now = gauges();
  return write_metrics(
      {.counters = counters,
       .store = shared_.store.statistics(),
       .disk = shared_.disk == nullptr ? std::nullopt : std::optional(shared_.disk->statistics()),
       .flights = shared_.flights.size(),
       .retained_bytes = shared_.budget.used(),
       .connections = now.connections,
       .connections_accepted = now.accepted,
       .connections_timed_out = now.timed_out,
       .requests_in_flight = now.active,
       .tls = now.tls,
       .access_dropped = access_ == nullptr ? 0 : access_->dropped(),
       .routes_version = routes_version(),
       .serving = serving(),
       .origins = origin_reports()});
}

std::vector<OriginReport> EdgeNode::origin_reports() const {
  std::vector<OriginReport> reports;
  if (routes_ == nullptr) return reports;
  for (const OriginEndpoint& origin : routes_->origins()) {
    reports.push_back(shared_.origins.report(origin));
  }
  return reports;
}

std::string EdgeNode::status_json() {
  return write_status({.pop = shared_.identity.pop,
                       .node = shared_.identity.node,
                       .uptime = clock_.wall() - started_,
                       .routes_version = routes_version(),
                       .workers = workers_.size(),
                       .cache_capacity = shared_.config.cache_memory.count,
                       .statistics = statistics(),
                       .health = health()});
}

}  // namespace atl::edge
