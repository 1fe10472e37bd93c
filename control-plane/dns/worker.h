#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "control-plane/dns/counters.h"
#include "control-plane/dns/responder.h"
#include "control-plane/dns/server_options.h"
#include "control-plane/dns/tcp_session.h"
#include "control-plane/dns/view.h"
#include "lib/base/error.h"
#include "lib/net/endpoint.h"
#include "lib/net/loop.h"
#include "lib/net/tcp_listener.h"
#include "lib/net/udp_responder.h"

namespace atl::dns {

// One thread of the server: its loop, its sockets, its responder. Made and opened by one thread,
// then run by another.
class Worker final : private net::UdpResponder::Handler, private TcpSession::Host {
 public:
  Worker(const ServerOptions& options, const SipKey& secret, std::shared_ptr<const View> view);
  ~Worker() override;

  // Before run(). Port 0 is replaced by what the kernel chose.
  Result<void> open(net::Endpoint& at);

  void run();                                      // until stop()
  void stop();                                     // any thread
  void publish(std::shared_ptr<const View> view);  // any thread
  const Counters& counters() const { return counters_; }

 private:
  size_t on_datagram(net::Bytes message, const net::UdpPeer& peer,
                     std::span<uint8_t> answer) override;
  void on_batch_end() override;
  Octets on_query(Octets message, const geo::Address& client) override;
  void on_active(TcpSession& session) override;
  void on_over(TcpSession& session) override;

  void accept(std::unique_ptr<net::TcpStream> stream);
  void give_up_front();
  void sweep();
  Responder::Moment now();
  void count(const Outcome& outcome, std::array<Counter, kReasons>& by_reason);

  const ServerOptions options_;
  net::Loop loop_;
  Responder responder_;
  std::shared_ptr<const View> view_;
  Counters counters_;
  std::vector<uint8_t> tcp_answer_;
  TcpSession::Sessions sessions_;  // the longest silent one first
  std::vector<std::unique_ptr<net::UdpResponder>> udp_;
  std::vector<std::unique_ptr<net::TcpListener>> tcp_;
  net::Timer sweeper_;
};

}  // namespace atl::dns
