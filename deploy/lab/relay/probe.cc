#include "deploy/lab/relay/probe.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

#include "lib/net/tcp_connector.h"
#include "lib/net/tcp_listener.h"

namespace atl::lab {
namespace {

constexpr int kAtOnce = 3;

MonoTime clock_now() { return SystemClock().mono(); }

double ms_since(MonoTime then) {
  return std::chrono::duration<double, std::milli>(clock_now() - then).count();
}

void send(net::TcpStream& stream, std::string text) {
  auto kept = std::make_unique<std::string>(std::move(text));
  const net::Bytes bytes(*kept);
  stream.write({&bytes, 1}, hold(std::move(kept)));
}

// Sends back what it is sent.
struct Echo final : net::Stream::Reader {
  std::unique_ptr<net::TcpStream> stream;

  explicit Echo(std::unique_ptr<net::TcpStream> accepted) : stream(std::move(accepted)) {
    stream->set_reader(this);
    stream->start_reading();
  }
  void on_read(net::Bytes bytes) override { send(*stream, std::string(bytes)); }
  void on_end() override {}
  void on_error(Error) override {}
  void on_drained() override {}
};

// Connects, and then sends a byte whenever one has come back.
class Pinger final : net::Stream::Reader {
 public:
  Pinger(net::Loop& loop, const net::Endpoint& to, int pings, std::function<void()> done)
      : done_(std::move(done)),
        left_(pings),
        began_(clock_now()),
        connector_(loop, to, std::chrono::seconds{5},
                   [this](Result<std::unique_ptr<net::TcpStream>> stream) {
                     if (!stream) return done_();
                     stream_ = *std::move(stream);
                     stream_->set_reader(this);
                     stream_->start_reading();
                     send(*stream_, "x");
                   }) {}

  // Adds what was seen to that of others; false when it came to nothing.
  bool add_to(std::vector<double>& trips_ms, std::vector<double>& connected_ms) const {
    if (left_ > 0) return false;
    trips_ms.insert(trips_ms.end(), trips_ms_.begin(), trips_ms_.end());
    connected_ms.push_back(connected_ms_);
    return true;
  }

 private:
  void on_read(net::Bytes) override {
    if (connected_ms_ == 0) {
      connected_ms_ = ms_since(began_);
    } else {
      trips_ms_.push_back(ms_since(sent_));
      --left_;
    }
    if (left_ == 0) return done_();
    sent_ = clock_now();
    send(*stream_, "x");
  }
  void on_end() override { done_(); }
  void on_error(Error) override { done_(); }
  void on_drained() override {}

  std::function<void()> done_;
  int left_;
  MonoTime began_;
  MonoTime sent_{};
  double connected_ms_ = 0;
  std::vector<double> trips_ms_;
  std::unique_ptr<net::TcpStream> stream_;
  net::TcpConnector connector_;
};

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

using Pingers = std::vector<std::unique_ptr<Pinger>>;

std::optional<Probed> result_of(const Pingers& pingers) {
  std::vector<double> trips_ms;
  std::vector<double> connected_ms;
  if (pingers.empty()) return std::nullopt;
  for (const auto& pinger : pingers) {
    if (!pinger->add_to(trips_ms, connected_ms)) return std::nullopt;
  }
  return Probed{median(std::move(trips_ms)), median(std::move(connected_ms))};
}

RelayLink bare(const RelayLink& link) {
  return {.path = {.rtt = link.path.rtt, .ns_per_byte = link.path.ns_per_byte},
          .connects = link.connects,
          .tls = link.tls,
          .slow_start = link.slow_start};
}

}  // namespace

std::vector<std::optional<Probed>> probe(net::Loop& loop, Relay& relay, const std::string& host,
                                         const std::vector<RelayLink>& links,
                                         const ProbePlan& plan) {
  std::vector<std::optional<Probed>> results(links.size());
  std::vector<std::unique_ptr<Echo>> echoes;
  const auto listener = net::TcpListener::listen(
      loop, {host, 0}, {.reuse_port = false}, [&echoes](std::unique_ptr<net::TcpStream> stream) {
        echoes.push_back(std::make_unique<Echo>(std::move(stream)));
      });
  if (!listener) return results;
  const auto connections = static_cast<size_t>(plan.connections);
  size_t left = links.size() * connections;
  const auto done = [&] {
    if (--left == 0) loop.stop();
  };
  Tick longest = 0;
  std::vector<Pingers> pingers(links.size());
  std::vector<net::Endpoint> entrances;
  for (const RelayLink& link : links) {
    longest = std::max(longest, link.path.rtt);
    const auto door = relay.add(host, (*listener)->local_address(), bare(link));
    if (!door) return results;
    entrances.push_back(relay.entrance(*door));
  }
  // A few at a time: what is to be measured is not how a burst of connections fares.
  size_t begun = 0;
  net::Timer starter(loop, [&] {
    for (int i = 0; i < kAtOnce && begun < links.size() * connections; ++i, ++begun) {
      const size_t link = begun % links.size();
      pingers[link].push_back(std::make_unique<Pinger>(loop, entrances[link], plan.pings, done));
    }
  });
  starter.start_periodic(std::chrono::milliseconds{1});
  net::Timer patience(loop, [&loop] { loop.stop(); });
  patience.start(std::chrono::milliseconds{5000 + static_cast<int64_t>(left) +
                                           (plan.pings + 3) * 2 * longest / kMillisecond});
  if (left > 0) loop.run();
  for (size_t i = 0; i < links.size(); ++i) results[i] = result_of(pingers[i]);
  return results;
}

}  // namespace atl::lab
