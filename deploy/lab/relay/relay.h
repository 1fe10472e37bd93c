#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <queue>
#include <unordered_map>
#include <vector>

#include "deploy/lab/random/random.h"
#include "deploy/lab/relay/door.h"
#include "deploy/lab/relay/lane.h"
#include "deploy/lab/report/histogram.h"
#include "deploy/lab/simulation/path.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/net/endpoint.h"
#include "lib/net/loop.h"
#include "lib/net/precise_timer.h"
#include "lib/net/stream.h"
#include "lib/net/tcp_stream.h"

namespace atl::lab {

// What happens to a connection on its way.
struct RelayLink {
  Path path;                // what it points to outlives the relay
  bool connects = false;    // a new connection waits for a handshake's round trips
  bool tls = false;         // and for those of TLS, although there is none
  bool slow_start = false;  // answers come in windows (Lane)
};

// A wide-area network in user space: TCP connections through it take the time that distance,
// jitter, loss and bandwidth make of them. It needs no rights. What the kernel does between two
// programs on one machine is beneath it: connecting is immediate, so the first bytes of a
// connection wait for the round trips that connecting would have taken. Loop thread.
class Relay {
 public:
  // The way of a connection from `peer`, nullptr to turn it away. What it points to outlives the
  // relay.
  using ChooseLink = std::function<const RelayLink*(const net::Endpoint& peer)>;
  // Names a door.
  using DoorId = size_t;

  Relay(net::Loop& loop, uint64_t seed);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Before anything else.
  Result<void> open();
  // A port of its own at the address `host` that leads to `to`.
  Result<DoorId> add(const std::string& host, net::Endpoint to, ChooseLink choose);
  // The same where every connection has the same way.
  Result<DoorId> add(const std::string& host, net::Endpoint to, const RelayLink& link);
  const net::Endpoint& entrance(DoorId door) const { return doors_[door].door->at(); }

  // What is in the door's connections, and what enters them, is lost without a word, as when a host
  // is gone. restore() breaks them; new ones are served again.
  void silence(DoorId door);
  void restore(DoorId door);

  // How late parts left, in microseconds: what the machine added to what was asked for.
  const Histogram& lateness() const { return lateness_; }
  size_t connections() const { return sessions_.size(); }

 private:
  class Session;
  struct Gate {
    net::Endpoint to;
    ChooseLink choose;
    std::unique_ptr<Door> door;
    bool silent = false;
  };
  struct Due {
    MonoTime at;
    uint64_t order = 0;
    uint64_t session = 0;
    Lane::Way way = Lane::Way::Forth;
  };
  struct Later {
    bool operator()(const Due& a, const Due& b) const {
      return a.at != b.at ? a.at > b.at : a.order > b.order;
    }
  };

  void accept(DoorId door, std::unique_ptr<net::TcpStream> stream, const net::Endpoint& from);
  void schedule(MonoTime at, uint64_t session, Lane::Way way);
  void deliver();
  void close(uint64_t session);

  net::Loop& loop_;
  Random random_;
  std::unique_ptr<net::PreciseTimer> timer_;
  std::deque<Gate> doors_;
  std::deque<RelayLink> links_;  // of doors that have one
  std::unordered_map<uint64_t, std::unique_ptr<Session>> sessions_;
  std::priority_queue<Due, std::vector<Due>, Later> due_;
  std::vector<Lane::Part> parts_;  // of the piece that is being read
  Histogram lateness_;
  uint64_t next_session_ = 1;
  uint64_t next_order_ = 0;
};

}  // namespace atl::lab
