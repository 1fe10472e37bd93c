#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/net/loop.h"
#include "lib/net/resolver.h"
#include "lib/net/stream.h"
#include "lib/net/tcp_connector.h"
#include "lib/rpc/client_security.h"
#include "lib/rpc/http2_session.h"

namespace atl::rpc::client {

// One connection to an origin: looks its name up, connects, shakes hands if there is a `security`,
// carries an Http2Session. What is opened before it is up waits inside; nothing leaves before the
// other end has shown that it may have it. Once it is broken it stays so: a fresh one is made. Loop
// thread; streams hold it.
class Http2Link final : public net::Stream::Reader, public std::enable_shared_from_this<Http2Link> {
 public:
  struct Options {
    std::string endpoint;     // "host:port"
    std::string certificate;  // whose the other end must have: ExchangeHead's
    uint32_t stream_window = 0;
    // With calls on it and nothing heard for two thirds of that, it sends PING; after the whole of
    // it, it is broken.
    std::chrono::milliseconds patience{15'000};
    std::shared_ptr<const ClientSecurity> security;  // null: plain TCP
  };
  // Begins to connect at once.
  static std::shared_ptr<Http2Link> connect(net::Loop& loop, Options options);
  ~Http2Link() override;

  // As Http2Session's. A stream hears on_close() in a later turn when the link takes no calls.
  int32_t open(Http2Stream& stream, std::string_view path);
  void resume(int32_t id);
  void consume(int32_t id, size_t bytes);
  void cancel(int32_t id);
  void detach(int32_t id);

  // Why open() was refused.
  std::string problem() const {
    return broken_ ? problem_ : "the origin takes no more calls on this connection";
  }
  // False: broken, or the origin takes no more calls on it.
  bool usable() const { return !broken_ && session_.takes_calls(); }
  // Whether it shook hands, or will, with what is in `security`.
  bool secured_by(const std::shared_ptr<const ClientSecurity>& security) const {
    return options_.security == security;
  }
  // From now on the other end must have `certificate`. Breaks it if that is another's, or revoked.
  void recheck(const std::string& certificate);

 private:
  Http2Link(net::Loop& loop, Options options);
  void resolve(const std::string& endpoint);
  void try_next(const char* last_problem);
  void connected(std::unique_ptr<net::Stream> stream);
  void secured(net::TlsConnector::Secured secured);
  std::string find_objection() const;
  void up(std::unique_ptr<net::Stream> stream);
  void flush_later();
  void flush();
  void tick();
  void break_down(std::string detail);

  void on_read(net::Bytes bytes) override;
  void on_end() override;
  void on_error(Error error) override;
  void on_drained() override;

  net::Loop& loop_;
  const Options options_;  // holds what the stream's buffers are of
  std::string certificate_;
  const std::chrono::milliseconds tick_;  // a third of the patience
  Http2Session session_;
  std::vector<net::Endpoint> addresses_;  // not tried yet, the next one last
  std::optional<net::Resolver> resolver_;
  std::unique_ptr<net::TcpConnector> connector_;
  std::optional<trust::Caller> other_;   // who the other end is; empty: not known, or plain
  WallTime met_{};                       // when that was
  std::unique_ptr<net::Stream> stream_;  // null until up
  std::string output_;                   // reused from flush to flush
  net::Timer keepalive_;
  int silent_ticks_ = 0;  // since anything was heard
  bool heard_ = false;    // anything at all
  bool flush_posted_ = false;
  bool broken_ = false;
  std::string problem_;  // why
};

}  // namespace atl::rpc::client
