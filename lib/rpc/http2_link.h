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
#include "lib/net/tcp_connector.h"
#include "lib/rpc/http2_session.h"

namespace atl::rpc::client {

// One connection to an origin: looks its name up, connects, carries an Http2Session. What is opened
// before it is up waits inside. Once it is broken it stays so: a fresh one is made. Loop thread;
// streams hold it.
class Http2Link final : public net::Stream::Reader, public std::enable_shared_from_this<Http2Link> {
 public:
  // `endpoint`: "host:port". Begins to connect at once. `patience`: with calls on it and nothing
  // heard for two thirds of that, it sends PING; after the whole of it, it is broken.
  static std::shared_ptr<Http2Link> connect(net::Loop& loop, const std::string& endpoint,
                                            uint32_t stream_window,
                                            std::chrono::milliseconds patience);
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

 private:
  Http2Link(net::Loop& loop, const std::string& endpoint, uint32_t stream_window,
            std::chrono::milliseconds patience);
  void resolve(const std::string& endpoint);
  void try_next(const char* last_problem);
  void up(std::unique_ptr<net::TcpStream> stream);
  void flush_later();
  void flush();
  void tick();
  void break_down(std::string detail);

  void on_read(net::Bytes bytes) override;
  void on_end() override;
  void on_error(Error error) override;
  void on_drained() override;

  net::Loop& loop_;
  const std::string endpoint_;
  const std::chrono::milliseconds tick_;  // a third of the patience
  Http2Session session_;
  std::vector<net::Endpoint> addresses_;  // not tried yet, the next one last
  std::optional<net::Resolver> resolver_;
  std::unique_ptr<net::TcpConnector> connector_;
  std::unique_ptr<net::TcpStream> stream_;  // null until up
  std::string output_;                      // reused from flush to flush
  net::Timer keepalive_;
  int silent_ticks_ = 0;  // since anything was heard
  bool flush_posted_ = false;
  bool broken_ = false;
  std::string problem_;  // why
};

}  // namespace atl::rpc::client
