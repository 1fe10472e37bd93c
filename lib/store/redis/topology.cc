#include "lib/store/redis/topology.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "lib/store/redis/command.h"
#include "lib/store/redis/inquiry.h"
#include "lib/store/redis/slot_map.h"

namespace atl::store::redis {
namespace {

// How often a Sentinel is asked whether the master is still the same. That one which was replaced
// answers no longer is noticed at once; this is for one that still does.
constexpr std::chrono::milliseconds kPoll{500};

class Single final : public Topology {
 public:
  explicit Single(net::Endpoint server) : server_(std::move(server)) {}
  std::optional<net::Endpoint> find(uint16_t) override { return server_; }
  void moved(uint16_t, const net::Endpoint&) override {}
  void doubt() override {}

 private:
  const net::Endpoint server_;
};

class Sentinels final : public Topology {
 public:
  Sentinels(net::Loop& loop, const RedisOptions& options, Events events)
      : events_(std::move(events)),
        inquiry_(
            loop,
            {.user = options.sentinel_user, .password = options.sentinel_password, .data = false},
            command({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", options.master}),
            [this](const Reply& reply, const net::Endpoint&) { return take(reply); },
            [this, name = options.master](const char* why) {
              events_.on_problem(
                  fmt::format("no Sentinel says where the master of {} is: {}", name, why));
            }),
        poll_(loop, [this] { inquiry_.ask(); }) {
    inquiry_.set_servers(options.endpoints);
    poll_.start_periodic(kPoll);
  }

  std::optional<net::Endpoint> find(uint16_t) override {
    if (!master_) inquiry_.ask();
    return master_;
  }
  void moved(uint16_t, const net::Endpoint&) override { inquiry_.ask(); }
  void doubt() override { inquiry_.ask(); }

 private:
  bool take(const Reply& reply) {
    const auto master = parse_master(reply);
    if (!master) return false;
    if (std::exchange(master_, master) != master) events_.on_change({*master});
    return true;
  }

  const Events events_;
  std::optional<net::Endpoint> master_;
  Inquiry inquiry_;
  net::Timer poll_;
};

class Cluster final : public Topology {
 public:
  Cluster(net::Loop& loop, const RedisOptions& options, Events events)
      : seeds_(options.endpoints),
        events_(std::move(events)),
        inquiry_(
            loop, {.user = options.user, .password = options.password, .data = false},
            command({"CLUSTER", "SLOTS"}),
            [this](const Reply& reply, const net::Endpoint& from) { return take(reply, from); },
            [this](const char* why) {
              events_.on_problem(fmt::format("no server tells who is in the cluster: {}", why));
            }) {
    inquiry_.set_servers(seeds_);
  }

  std::optional<net::Endpoint> find(uint16_t slot) override {
    if (const net::Endpoint* master = map_.find(slot)) return *master;
    inquiry_.ask();
    return std::nullopt;
  }
  void moved(uint16_t slot, const net::Endpoint& to) override {
    map_.move(slot, to);
    inquiry_.ask();
  }
  void doubt() override { inquiry_.ask(); }

 private:
  bool take(const Reply& reply, const net::Endpoint& from) {
    auto map = SlotMap::parse(reply, from.host);
    if (!map || map->empty()) return false;
    map_ = *std::move(map);
    std::vector<net::Endpoint> servers = map_.masters();
    servers.insert(servers.end(), seeds_.begin(), seeds_.end());
    inquiry_.set_servers(std::move(servers));
    events_.on_change(map_.masters());
    return true;
  }

  const std::vector<net::Endpoint> seeds_;
  const Events events_;
  SlotMap map_;
  Inquiry inquiry_;
};

}  // namespace

std::optional<net::Endpoint> parse_master(const Reply& reply) {
  if (!reply.is(Reply::Kind::Array) || reply.elements.size() != 2) return std::nullopt;
  const std::string& host = reply.elements[0].text;
  const std::string& text = reply.elements[1].text;
  uint16_t port = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (host.empty() || failed != std::errc{} || end != text.data() + text.size() || port == 0)
    return std::nullopt;
  return net::Endpoint{host, port};
}

std::unique_ptr<Topology> Topology::make(net::Loop& loop, const RedisOptions& options,
                                         Events events) {
  switch (options.mode) {
    case RedisOptions::Mode::Single:
      break;
    case RedisOptions::Mode::Sentinel:
      return std::make_unique<Sentinels>(loop, options, std::move(events));
    case RedisOptions::Mode::Cluster:
      return std::make_unique<Cluster>(loop, options, std::move(events));
  }
  return std::make_unique<Single>(options.endpoints.front());
}

}  // namespace atl::store::redis
