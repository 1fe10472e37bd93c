#include "deploy/lab/relay/relay.h"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "lib/net/tcp_connector.h"

namespace atl::lab {
namespace {

// Read and not yet taken by the other side, in one direction: beyond it the sender waits.
constexpr size_t kMostBuffered = size_t{4} << 20;
constexpr std::chrono::milliseconds kConnectTimeout{5000};

MonoTime clock_now() { return SystemClock().mono(); }

}  // namespace

// A client's connection and the one behind it.
class Relay::Session {
 public:
  Session(Relay& relay, uint64_t number, DoorId door, const RelayLink& link,
          std::unique_ptr<net::TcpStream> client);

  // What is due in a direction goes out.
  void deliver(Lane::Way way);
  // Both sides are reset.
  void abort();
  DoorId door() const { return door_; }

 private:
  enum class Kind : uint8_t { Bytes, End, Reset };  // FIN, RST
  struct Piece {
    MonoTime at;
    Kind kind;
    std::string bytes;
  };
  // One direction: from a stream's reader to the other stream.
  struct Pipe final : net::Stream::Reader {
    Session* session = nullptr;
    Lane::Way way;
    Lane lane;
    std::deque<Piece> pieces;
    size_t buffered = 0;
    bool paused = false;

    Pipe(Session* owner, Lane::Way direction, const RelayLink& link)
        : session(owner),
          way(direction),
          lane(link.path, direction, link.slow_start && direction == Lane::Way::Back) {}
    void on_read(net::Bytes bytes) override { session->take(*this, bytes); }
    void on_end() override { session->finish(*this, Kind::End); }
    void on_error(Error) override { session->finish(*this, Kind::Reset); }
    // Of the stream that this one reads from and the other one writes to.
    void on_drained() override { session->deliver(other(way)); }
  };
  static Lane::Way other(Lane::Way way) {
    return way == Lane::Way::Forth ? Lane::Way::Back : Lane::Way::Forth;
  }

  void connected(Result<std::unique_ptr<net::TcpStream>> stream);
  void take(Pipe& pipe, net::Bytes bytes);
  void finish(Pipe& pipe, Kind kind);
  void add(Pipe& pipe, Piece piece);
  void put(Pipe& pipe, net::TcpStream& target, Piece piece);
  Pipe& pipe_of(Lane::Way way) { return way == Lane::Way::Forth ? forth_ : back_; }
  net::TcpStream* source_of(Lane::Way way) {
    return way == Lane::Way::Forth ? client_.get() : server_.get();
  }

  Relay& relay_;
  const uint64_t number_;
  const DoorId door_;
  const RelayLink& link_;
  std::unique_ptr<net::TcpStream> client_;
  std::unique_ptr<net::TcpStream> server_;
  std::unique_ptr<net::TcpConnector> connector_;
  Pipe forth_;
  Pipe back_;
  int ended_ = 0;  // directions whose end was delivered
};

Relay::Session::Session(Relay& relay, uint64_t number, DoorId door, const RelayLink& link,
                        std::unique_ptr<net::TcpStream> client)
    : relay_(relay),
      number_(number),
      door_(door),
      link_(link),
      client_(std::move(client)),
      forth_(this, Lane::Way::Forth, link),
      back_(this, Lane::Way::Back, link) {
  if (link.connects) {
    forth_.lane.hold(clock_now() +
                     std::chrono::nanoseconds{connecting(link.path, link.tls, relay.random_)});
  }
  client_->set_reader(&forth_);
  client_->start_reading();
  connector_ = std::make_unique<net::TcpConnector>(
      relay.loop_, relay.doors_[door].to, kConnectTimeout,
      [this](Result<std::unique_ptr<net::TcpStream>> stream) { connected(std::move(stream)); });
}

void Relay::Session::connected(Result<std::unique_ptr<net::TcpStream>> stream) {
  if (!stream) {
    // Refused: the question goes there and the answer comes back.
    return add(back_, {clock_now() + std::chrono::nanoseconds{link_.path.rtt}, Kind::Reset,
                       std::string()});
  }
  server_ = *std::move(stream);
  server_->set_reader(&back_);
  server_->start_reading();
  deliver(Lane::Way::Forth);  // what was due before
}

void Relay::Session::take(Pipe& pipe, net::Bytes bytes) {
  if (relay_.doors_[door_].silent) return;
  relay_.parts_.clear();
  pipe.lane.pass(clock_now(), bytes.size(), relay_.random_, relay_.parts_);
  for (const Lane::Part& part : relay_.parts_) {
    add(pipe, {part.at, Kind::Bytes, std::string(bytes.substr(0, part.bytes))});
    bytes.remove_prefix(part.bytes);
  }
  if (pipe.buffered > kMostBuffered && !pipe.paused) {
    pipe.paused = true;
    source_of(pipe.way)->stop_reading();
  }
}

void Relay::Session::finish(Pipe& pipe, Kind kind) {
  if (relay_.doors_[door_].silent) return;
  add(pipe, {pipe.lane.end(clock_now()), kind, std::string()});
}

void Relay::Session::add(Pipe& pipe, Piece piece) {
  pipe.buffered += piece.bytes.size();
  relay_.schedule(piece.at, number_, pipe.way);
  pipe.pieces.push_back(std::move(piece));
}

void Relay::Session::deliver(Lane::Way way) {
  if (relay_.doors_[door_].silent) return;
  Pipe& pipe = pipe_of(way);
  net::TcpStream* const target = source_of(other(way));
  const MonoTime now = clock_now();
  while (!pipe.pieces.empty() && pipe.pieces.front().at <= now) {
    if (pipe.pieces.front().kind == Kind::Reset) return abort();
    // Connecting, or it does not take what it has: either calls again.
    if (target == nullptr || target->queued() > kMostBuffered) return;
    Piece piece = std::move(pipe.pieces.front());
    pipe.pieces.pop_front();
    put(pipe, *target, std::move(piece));
  }
  if (pipe.paused && pipe.buffered < kMostBuffered / 2) {
    pipe.paused = false;
    source_of(way)->start_reading();
  }
  if (ended_ == 2 && client_->queued() == 0 && server_->queued() == 0) relay_.close(number_);
}

void Relay::Session::put(Pipe& pipe, net::TcpStream& target, Piece piece) {
  pipe.buffered -= piece.bytes.size();
  if (piece.kind == Kind::End) {
    target.shutdown();
    ++ended_;
    return;
  }
  auto kept = std::make_unique<std::string>(std::move(piece.bytes));
  const net::Bytes bytes(*kept);
  target.write({&bytes, 1}, hold(std::move(kept)));
}

void Relay::Session::abort() {
  client_->reset();
  if (server_) server_->reset();
  relay_.close(number_);
}

Relay::Relay(net::Loop& loop, uint64_t seed) : loop_(loop), random_(seed, 7) {}

Relay::~Relay() = default;

Result<void> Relay::open() {
  auto timer = net::PreciseTimer::make(loop_, [this] { deliver(); });
  if (!timer) return std::unexpected(timer.error());
  timer_ = *std::move(timer);
  return {};
}

Result<Relay::DoorId> Relay::add(const std::string& host, net::Endpoint to, ChooseLink choose) {
  const DoorId number = doors_.size();
  auto door =
      Door::open(loop_, host,
                 [this, number](std::unique_ptr<net::TcpStream> stream, const net::Endpoint& from) {
                   accept(number, std::move(stream), from);
                 });
  if (!door) return std::unexpected(door.error());
  doors_.push_back({std::move(to), std::move(choose), *std::move(door)});
  return number;
}

Result<Relay::DoorId> Relay::add(const std::string& host, net::Endpoint to, const RelayLink& link) {
  const RelayLink* const kept = &links_.emplace_back(link);
  return add(host, std::move(to), [kept](const net::Endpoint&) { return kept; });
}

void Relay::accept(DoorId door, std::unique_ptr<net::TcpStream> stream, const net::Endpoint& from) {
  const RelayLink* const link = doors_[door].silent ? nullptr : doors_[door].choose(from);
  if (link == nullptr) return stream->reset();
  const uint64_t number = next_session_++;
  sessions_.emplace(number,
                    std::make_unique<Session>(*this, number, door, *link, std::move(stream)));
}

void Relay::silence(DoorId door) { doors_[door].silent = true; }

void Relay::restore(DoorId door) {
  doors_[door].silent = false;
  std::vector<Session*> broken;
  for (const auto& [number, session] : sessions_) {
    if (session->door() == door) broken.push_back(session.get());
  }
  for (Session* session : broken) session->abort();
}

void Relay::schedule(MonoTime at, uint64_t session, Lane::Way way) {
  const bool first = due_.empty() || at < due_.top().at;
  due_.push({at, next_order_++, session, way});
  if (first) timer_->start_at(at);
}

void Relay::deliver() {
  const MonoTime now = clock_now();
  while (!due_.empty() && due_.top().at <= now) {
    const Due due = due_.top();
    due_.pop();
    const auto session = sessions_.find(due.session);
    if (session == sessions_.end()) continue;
    lateness_.record(static_cast<uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(clock_now() - due.at).count()));
    session->second->deliver(due.way);
  }
  if (!due_.empty()) timer_->start_at(due_.top().at);
}

// The session may be the one that calls.
void Relay::close(uint64_t session) {
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) return;
  struct Gone final : net::Disposable {
    std::unique_ptr<Session> session;
  };
  auto gone = std::make_unique<Gone>();
  gone->session = std::move(found->second);
  sessions_.erase(found);
  loop_.dispose(std::move(gone));
}

}  // namespace atl::lab
