#pragma once

#include <memory>
#include <string_view>

#include "lib/net/loop.h"
#include "lib/net/stream.h"

struct uv_tcp_s;

namespace atl::net {

// A connected TCP socket. libuv's memory outlives this object until its close callback; whatever
// arrives late finds no owner.
class TcpStream final : public Stream {
 public:
  // Takes the next connection that `listener` has pending. The listener's callback only.
  static Result<std::unique_ptr<TcpStream>> accept_from(Loop& loop, uv_tcp_s& listener);

  // Takes over a connected, non-blocking socket.
  static Result<std::unique_ptr<TcpStream>> adopt(Loop& loop, int descriptor);

  ~TcpStream() override;

  void set_reader(Reader* reader) override { reader_ = reader; }
  void start_reading() override;
  void stop_reading() override;
  Result<size_t> try_write(std::span<const Bytes> pieces) override;
  void write(std::span<const Bytes> pieces, Holder holder) override;
  size_t queued() const override;
  void shutdown() override;
  void reset() override;
  std::string_view peer_address() const override { return {peer_, peer_size_}; }

 private:
  friend class TcpConnector;
  struct Node;
  struct Write;
  static std::unique_ptr<TcpStream> unconnected(Loop& loop);
  uv_tcp_s* handle();
  void connected();
  TcpStream(Loop& loop, Node* node) : loop_(loop), node_(node) {}
  void remember_peer();
  void report_later(Error error);
  void settle_send_buffer();

  Loop& loop_;
  Node* node_;
  Reader* reader_ = nullptr;
  bool broken_ = false;  // an error was reported; nothing more comes
  bool send_buffer_settled_ = false;
  uint8_t peer_size_ = 0;
  char peer_[46];
};

}  // namespace atl::net
