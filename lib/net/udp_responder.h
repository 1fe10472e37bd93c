#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "lib/base/error.h"
#include "lib/net/endpoint.h"
#include "lib/net/loop.h"
#include "lib/net/stream.h"

struct sockaddr;

namespace atl::net {

// Whoever sent a datagram. IPv4 is kept as IPv4-mapped IPv6, as in geo::Address.
struct UdpPeer {
  uint8_t address[16];
  uint16_t port;
};

// A UDP socket whose datagrams are answered at once or not at all. Datagrams are received and
// answers sent in batches, one system call each (recvmmsg, sendmmsg); the answer leaves from the
// address that was asked, also where the socket is bound to all of them. What the kernel does not
// take is dropped, as the network may do. SO_REUSEPORT: every thread has a socket of its own. Loop
// thread.
class UdpResponder {
 public:
  class Handler {
   public:
    virtual ~Handler() = default;
    // The size of the answer written into `answer`, 0 for none. `message` is valid during the call.
    virtual size_t on_datagram(Bytes message, const UdpPeer& peer, std::span<uint8_t> answer) = 0;
    // All of a batch were handed over.
    virtual void on_batch_end() = 0;
  };

  struct Options {
    size_t largest_message = 2048;  // bytes; longer ones are dropped
    size_t largest_answer = 1232;   // bytes
    int socket_buffer = 4 << 20;    // bytes, each way; the kernel caps it
  };

  struct Counts {
    uint64_t too_long = 0;  // datagrams
    uint64_t unsent = 0;    // answers the kernel did not take
  };

  // Binds. Conflict when the address is taken, NotFound when this machine has not got it, Invalid
  // when the host is not a numeric address. Nothing is received before start(). `handler` outlives
  // the responder.
  static Result<std::unique_ptr<UdpResponder>> bind(Loop& loop, const Endpoint& at,
                                                    const Options& options, Handler& handler);
  ~UdpResponder();
  UdpResponder(const UdpResponder&) = delete;
  UdpResponder& operator=(const UdpResponder&) = delete;

  void start();
  // What was bound: with the port the kernel chose, when 0 was asked for.
  Endpoint local_address() const;
  const Counts& counts() const;

 private:
  struct Node;
  explicit UdpResponder(Node* node) : node_(node) {}
  Node* node_;
};

// Like probe_free(), for UDP.
Result<void> probe_free_udp(const Endpoint& at);

}  // namespace atl::net
