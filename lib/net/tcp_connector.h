#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "lib/base/error.h"
#include "lib/net/endpoint.h"
#include "lib/net/loop.h"
#include "lib/net/tcp_stream.h"

namespace atl::net {

// One attempt to connect. Loop thread.
class TcpConnector {
 public:
  using OnDone = std::function<void(Result<std::unique_ptr<TcpStream>>)>;

  // Calls `on_done` once, in a later turn: with the stream, or with Refused, Timeout after
  // `timeout`, Invalid when the host is not a numeric address or "localhost". `on_done` may destroy
  // the connector; one that dies earlier gives up and is silent.
  TcpConnector(Loop& loop, const Endpoint& to, std::chrono::milliseconds timeout, OnDone on_done);
  ~TcpConnector();
  TcpConnector(const TcpConnector&) = delete;
  TcpConnector& operator=(const TcpConnector&) = delete;

 private:
  struct Request;
  void finish(Result<std::unique_ptr<TcpStream>> outcome);

  OnDone on_done_;
  std::unique_ptr<TcpStream> stream_;  // connecting
  Request* request_ = nullptr;         // libuv's, until its callback
  std::optional<Error> failed_;        // at once; reported by the timer
  Timer timer_;
};

}  // namespace atl::net
