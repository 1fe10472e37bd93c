#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <span>
#include <string>

#include "control-plane/dns/wire.h"
#include "lib/base/clock.h"
#include "lib/geo/address.h"
#include "lib/net/loop.h"
#include "lib/net/stream.h"

namespace atl::dns {

// One TCP connection (RFC 7766): queries with their lengths before them, answered in their order.
// While answers wait to be sent, no more queries are read. Loop thread.
class TcpSession final : public net::Disposable, private net::Stream::Reader {
 public:
  class Host {
   public:
    virtual ~Host() = default;
    // The answer to one query with its length before it; empty: none, and the connection ends.
    // Valid until the next call.
    virtual Octets on_query(Octets message, const geo::Address& client) = 0;
    // It has asked something. Then it was last active at loop.now().
    virtual void on_active(TcpSession& session) = 0;
    // It is over. The host frees it when the turn ends.
    virtual void on_over(TcpSession& session) = 0;
  };
  using Sessions = std::list<std::unique_ptr<TcpSession>>;

  // `host` outlives the session.
  TcpSession(Host& host, std::unique_ptr<net::Stream> stream);
  void start();
  // Over, from here on: the host hears of it, and the rest of its connection does not matter.
  void finish();

  // For the host.
  Sessions::iterator place;
  MonoTime last_active{};

 private:
  static constexpr size_t kLargestQuery = 4096;  // octets; more is nothing but an attack

  void on_read(net::Bytes bytes) override;
  void on_end() override;
  void on_error(Error error) override;
  void on_drained() override;

  // Answers what is there whole. False: the session is over.
  bool answer_queries();
  bool send(Octets answer);

  Host& host_;
  std::unique_ptr<net::Stream> stream_;
  geo::Address client_;
  std::string input_;
  bool ended_ = false;  // the client sends no more
  bool over_ = false;
};

}  // namespace atl::dns
