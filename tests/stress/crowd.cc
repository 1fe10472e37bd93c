#include "tests/stress/crowd.h"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <deque>
#include <utility>

namespace atl::stress {
namespace {

constexpr uint64_t kReported = 20;  // faults that are printed in full

}  // namespace

// Asks, checks, asks again; sometimes two or three requests at once on its connection.
class Crowd::Client final : public Ready {
 public:
  explicit Client(Crowd& crowd) : crowd_(crowd) {}
  ~Client() override { drop(false); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void begin() {
    if (crowd_.stopping_) {
      drop(false);
      if (std::exchange(busy_, false)) --crowd_.busy_;
      return;
    }
    if (!std::exchange(busy_, true)) ++crowd_.busy_;
    if (descriptor_ < 0 && !connect()) return;
    const uint64_t first = crowd_.next_;
    do {
      add(make_errand(crowd_.options_.seed, crowd_.next_++, crowd_.catalogue_));
      // Whoever leaves has nothing behind it, so what it leaves is clear.
    } while (first % 20 == 0 && crowd_.next_ - first < 3 &&
             waiting_.back().errand.manner == Errand::Manner::Patient &&
             !waiting_.back().errand.last);
    moved_ = Clock::now();
    send();
  }

  void ready(uint32_t events) override {
    if (descriptor_ < 0) return;
    if (connecting_) {
      if ((events & (EPOLLERR | EPOLLHUP)) != 0) return reconnect();
      connecting_ = false;
    }
    if ((events & EPOLLOUT) != 0) send();
    if (descriptor_ >= 0 && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && !resting_) receive();
  }

  void look_for_hang(Clock::time_point now) {
    if (!busy_ || descriptor_ < 0 || now - moved_ < crowd_.options_.deadline) return;
    ++crowd_.tally_.hangs;
    if (!waiting_.empty()) crowd_.report(waiting_.front().reply, "hangs");
    start_anew();
  }

 private:
  struct Waiting {
    Errand errand;
    ReplyReader reply;
  };

  bool connect() {
    descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    const int yes = 1;
    setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    const auto* to = reinterpret_cast<const sockaddr*>(&crowd_.options_.edge);
    if (::connect(descriptor_, to, sizeof crowd_.options_.edge) != 0 && errno != EINPROGRESS) {
      reconnect();
      return false;
    }
    connecting_ = true;
    ++crowd_.tally_.connections;
    crowd_.poller_.watch(descriptor_, EPOLLIN | EPOLLOUT, this);
    return true;
  }

  void reconnect() {
    drop(false);
    crowd_.poller_.at(Clock::now() + std::chrono::milliseconds{50}, [this] { begin(); });
  }

  void add(Errand errand) {
    errand.inquiry.floor = crowd_.catalogue_.floor(errand.inquiry.object);
    ++crowd_.tally_.requests;
    const bool cut = errand.manner == Errand::Manner::LeavesInHead;
    output_ += cut ? errand.head.substr(0, errand.until % errand.head.size()) : errand.head;
    ReplyReader reply(errand.inquiry, crowd_.catalogue_);
    waiting_.push_back({std::move(errand), std::move(reply)});
  }

  void send() {
    while (!connecting_ && !output_.empty()) {
      const ssize_t count =
          ::send(descriptor_, output_.data(), output_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (count < 0 && errno == EAGAIN) break;
      // Refused before it was read: the answer may still be there.
      output_.erase(0, count < 0 ? output_.size() : static_cast<size_t>(count));
    }
    if (connecting_) return;
    crowd_.poller_.change(descriptor_, output_.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT, this);
    if (!output_.empty() || waiting_.empty()) return;
    switch (waiting_.back().errand.manner) {
      case Errand::Manner::LeavesInHead:
      case Errand::Manner::LeavesAtOnce:
        return leave();
      case Errand::Manner::HalfCloses:
        ::shutdown(descriptor_, SHUT_WR);
        return;
      default:
        return;
    }
  }

  void receive() {
    std::array<char, 65536> buffer;
    // Not for ever: the others want their turn.
    for (int round = 0; round < 8 && descriptor_ >= 0; ++round) {
      const bool slow =
          !waiting_.empty() && waiting_.front().errand.manner == Errand::Manner::ReadsSlowly;
      const size_t room = slow ? 8192 : buffer.size();
      const ssize_t count = ::recv(descriptor_, buffer.data(), room, MSG_DONTWAIT);
      if (count < 0 && errno == EAGAIN) return;
      if (count <= 0) return on_end();
      moved_ = Clock::now();
      take({buffer.data(), static_cast<size_t>(count)});
      if (slow && descriptor_ >= 0) return rest();
    }
  }

  // Reads nothing for a while.
  void rest() {
    resting_ = true;
    crowd_.poller_.change(descriptor_, 0, this);
    crowd_.poller_.at(Clock::now() + std::chrono::milliseconds{10}, [this] {
      if (!std::exchange(resting_, false) || descriptor_ < 0) return;
      crowd_.poller_.change(descriptor_, output_.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT, this);
    });
  }

  void take(std::string_view bytes) {
    while (!bytes.empty()) {
      if (waiting_.empty()) {
        ++crowd_.tally_.wrong;
        fmt::print(stderr, "WRONG: {} bytes that nobody asked for\n", bytes.size());
        return start_anew();
      }
      Waiting& front = waiting_.front();
      bytes.remove_prefix(front.reply.feed(bytes));
      switch (front.reply.state()) {
        case ReplyReader::State::Wrong:
          ++crowd_.tally_.wrong;
          crowd_.report(front.reply, front.reply.problem());
          return start_anew();
        case ReplyReader::State::Complete:
          if (!complete()) return;
          break;
        default:
          if (front.errand.manner == Errand::Manner::LeavesInBody &&
              front.reply.body_bytes() >= front.errand.until) {
            return leave();
          }
      }
    }
  }

  // False: the connection is not this one any more.
  bool complete() {
    const Waiting done = std::move(waiting_.front());
    waiting_.pop_front();
    ++crowd_.tally_.complete;
    crowd_.note(done.reply);
    const bool over =
        done.errand.last || done.reply.closes() || done.errand.manner == Errand::Manner::HalfCloses;
    if (over) {
      crowd_.tally_.left += waiting_.size();
      start_anew();
      return false;
    }
    if (waiting_.empty()) {
      crowd_.poller_.later([this] {
        if (waiting_.empty()) begin();
      });
    }
    return true;
  }

  void on_end() {
    if (waiting_.empty()) return start_anew();
    const Waiting& front = waiting_.front();
    // A client that half-closes has left, as other servers see it too.
    if (front.errand.manner == Errand::Manner::HalfCloses) {
      ++crowd_.tally_.left;
    } else if (front.reply.status() == 0) {
      ++crowd_.tally_.unanswered;
    } else {
      ++crowd_.tally_.cut_off;
      crowd_.note(front.reply);
    }
    start_anew();
  }

  void leave() {
    ++crowd_.tally_.left;
    crowd_.tally_.bytes += waiting_.front().reply.checked_bytes();
    const bool resets = waiting_.back().errand.resets;
    drop(resets);
    start_anew();
  }

  void start_anew() {
    drop(false);
    crowd_.poller_.later([this] {
      if (descriptor_ < 0) begin();
    });
  }

  void drop(bool reset) {
    waiting_.clear();
    output_.clear();
    connecting_ = resting_ = false;
    if (descriptor_ < 0) return;
    if (reset) {
      const linger at_once{.l_onoff = 1, .l_linger = 0};
      setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    ::close(std::exchange(descriptor_, -1));
  }

  Crowd& crowd_;
  int descriptor_ = -1;
  bool busy_ = false;
  bool connecting_ = false;
  bool resting_ = false;
  std::string output_;
  std::deque<Waiting> waiting_;
  Clock::time_point moved_{};
};

Crowd::Crowd(Poller& poller, Catalogue& catalogue, const CrowdOptions& options)
    : poller_(poller), catalogue_(catalogue), options_(options) {
  for (size_t i = 0; i < options_.clients; ++i) clients_.push_back(std::make_unique<Client>(*this));
}

Crowd::~Crowd() = default;

void Crowd::start() {
  for (const auto& client : clients_) client->begin();
}

void Crowd::look_for_hangs() {
  const auto now = Clock::now();
  for (const auto& client : clients_) client->look_for_hang(now);
}

void Crowd::note(const ReplyReader& reply) {
  tally_.bytes += reply.checked_bytes();
  ++tally_.by_status[reply.status()];
  const std::string& cache = reply.cache_status();
  const auto has = [&](std::string_view what) { return cache.find(what) != std::string::npos; };
  for (const char* what :
       {"; hit", "fwd=miss", "fwd=stale", "fwd=partial", "fwd=uri-miss", "fwd=vary-miss",
        "fwd=request", "fwd=bypass", "collapsed", "detail=disk", "stale-if-error"}) {
    if (has(what)) ++tally_.by_cache[what];
  }
  if (!reply.serial().empty() && !serials_.insert(reply.serial()).second) {
    ++tally_.wrong;
    report(reply, "an answer for one client was given to another: " + reply.serial());
  }
  // RFC 9111 section 4.4: what was stored before is not used any more.
  if (reply.inquiry().method == "POST" && reply.state() == ReplyReader::State::Complete &&
      reply.version()) {
    catalogue_.raise_floor(reply.inquiry().object, *reply.version());
  }
}

void Crowd::report(const ReplyReader& reply, std::string_view what) {
  if (tally_.wrong + tally_.hangs > kReported) return;
  const Inquiry& asked = reply.inquiry();
  fmt::print(stderr,
             "WRONG: {} {} variant={} range={} if-range={} if-none-match={} floor={}: {}\n"
             "  status {}, version {}, {} body bytes, {}\n",
             asked.method, path_of(asked.object), asked.variant, asked.range, asked.if_range,
             asked.if_none_match, asked.floor, what, reply.status(), reply.version().value_or(0),
             reply.body_bytes(), reply.cache_status());
}

}  // namespace atl::stress
