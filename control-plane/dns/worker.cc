#include "control-plane/dns/worker.h"

#include <algorithm>
#include <utility>

namespace atl::dns {
namespace {

constexpr std::chrono::milliseconds kSweep{500};
constexpr size_t kPrefix = 2;  // the length before a message over TCP

}  // namespace

Worker::Worker(const ServerOptions& options, const SipKey& secret, std::shared_ptr<const View> view)
    : options_(options),
      responder_({secret, options.rate_limit}),
      view_(std::move(view)),
      tcp_answer_(kPrefix + kLargestTcp),
      sweeper_(loop_, [this] { sweep(); }) {
  sweeper_.start_periodic(kSweep);
}

Worker::~Worker() = default;

Result<void> Worker::open(net::Endpoint& at) {
  const net::UdpResponder::Options udp{.largest_answer = kLargestUdp};
  auto datagrams = net::UdpResponder::bind(loop_, at, udp, *this);
  if (!datagrams) return std::unexpected(datagrams.error());
  at.port = (*datagrams)->local_address().port;
  auto listener = net::TcpListener::listen(
      loop_, at, {}, [this](std::unique_ptr<net::TcpStream> stream) { accept(std::move(stream)); });
  if (!listener) return std::unexpected(listener.error());
  (*datagrams)->start();
  udp_.push_back(*std::move(datagrams));
  tcp_.push_back(*std::move(listener));
  return {};
}

void Worker::run() { loop_.run(); }

void Worker::stop() { loop_.stop(); }

void Worker::publish(std::shared_ptr<const View> view) {
  loop_.post([this, view = std::move(view)]() mutable { view_ = std::move(view); });
}

Responder::Moment Worker::now() {
  const auto wall = std::chrono::floor<std::chrono::seconds>(loop_.wall_now());
  return {loop_.now(), static_cast<uint32_t>(wall.time_since_epoch().count())};
}

void Worker::count(const Outcome& outcome, std::array<Counter, kReasons>& by_reason) {
  by_reason[static_cast<size_t>(outcome.reason)].add();
  if (outcome.truncated) counters_.truncated.add();
  if (outcome.limited) counters_.limited.add();
}

size_t Worker::on_datagram(net::Bytes message, const net::UdpPeer& peer,
                           std::span<uint8_t> answer) {
  Responder::Asker asker;
  std::copy(std::begin(peer.address), std::end(peer.address), asker.address.bytes.begin());
  const Outcome outcome = responder_.respond(*view_, as_octets(message), asker, now(), answer);
  count(outcome, counters_.udp);
  return outcome.size;
}

void Worker::on_batch_end() {
  uint64_t too_long = 0;
  uint64_t unsent = 0;
  for (const auto& udp : udp_) {
    too_long += udp->counts().too_long;
    unsent += udp->counts().unsent;
  }
  counters_.udp_too_long.set(too_long);
  counters_.udp_unsent.set(unsent);
}

Octets Worker::on_query(Octets message, const geo::Address& client) {
  const std::span<uint8_t> room = std::span(tcp_answer_).subspan(kPrefix);
  const Outcome outcome =
      responder_.respond(*view_, message, {client, Transport::Tcp}, now(), room);
  count(outcome, counters_.tcp);
  if (outcome.size == 0) return {};
  tcp_answer_[0] = static_cast<uint8_t>(outcome.size >> 8);
  tcp_answer_[1] = static_cast<uint8_t>(outcome.size);
  return Octets(tcp_answer_).first(kPrefix + outcome.size);
}

void Worker::accept(std::unique_ptr<net::TcpStream> stream) {
  counters_.tcp_accepted.add();
  if (sessions_.size() >= options_.tcp_connections) give_up_front();
  sessions_.push_back(
      std::make_unique<TcpSession>(static_cast<TcpSession::Host&>(*this), std::move(stream)));
  TcpSession& session = *sessions_.back();
  session.place = std::prev(sessions_.end());
  session.last_active = loop_.now();
  session.start();
}

void Worker::on_active(TcpSession& session) {
  session.last_active = loop_.now();
  sessions_.splice(sessions_.end(), sessions_, session.place);
}

void Worker::on_over(TcpSession& session) {
  const auto place = session.place;
  loop_.dispose(std::move(*place));
  sessions_.erase(place);
}

void Worker::give_up_front() {
  counters_.tcp_given_up.add();
  sessions_.front()->finish();
}

void Worker::sweep() {
  while (!sessions_.empty() && sessions_.front()->last_active + options_.tcp_idle <= loop_.now()) {
    give_up_front();
  }
}

}  // namespace atl::dns
