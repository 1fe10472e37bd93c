#pragma once

#include <functional>
#include <memory>

#include "lib/base/error.h"
#include "lib/net/descriptor.h"
#include "lib/net/endpoint.h"
#include "lib/net/loop.h"
#include "lib/net/tcp_stream.h"

namespace atl::net {

// A listening TCP socket with SO_REUSEPORT, so that every worker has one of its own for the same
// address and the kernel spreads connections over them. Loop thread.
class TcpListener {
 public:
  using OnAccept = std::function<void(std::unique_ptr<TcpStream>)>;

  struct Options {
    int backlog = 4096;  // the kernel caps it at net.core.somaxconn
    // False: a second listener on the address is an error even from this process.
    bool reuse_port = true;
  };

  // Binds and listens. Conflict when the address is taken, NotFound when this machine has not got
  // it, Invalid when the host is not a numeric address. Connections are accepted in batches and
  // arrive with TCP_NODELAY set.
  static Result<std::unique_ptr<TcpListener>> listen(Loop& loop, const Endpoint& at,
                                                     const Options& options, OnAccept on_accept);
  // Accepts from a socket that listens already, such as one that another process opened. Several
  // listeners, of several processes, may accept from one socket; a connection that waits in it is
  // lost only when the last of them closes it. Invalid: it is no listening TCP socket.
  static Result<std::unique_ptr<TcpListener>> adopt(Loop& loop, Descriptor socket,
                                                    OnAccept on_accept);
  ~TcpListener();
  TcpListener(const TcpListener&) = delete;
  TcpListener& operator=(const TcpListener&) = delete;

  // What was bound: with the port the kernel chose, when 0 was asked for.
  Endpoint local_address() const;

  // The same socket, for somebody else; none when no descriptor is left.
  Descriptor duplicate() const;

  // New connections wait in the kernel's backlog until resume().
  void pause();
  void resume();

 private:
  struct Node;
  TcpListener(Loop& loop, OnAccept on_accept);
  Result<void> open(const Endpoint& at, const Options& options);
  Result<void> take(Descriptor socket);
  int start(int backlog);
  void accept_pending();

  Loop& loop_;
  OnAccept on_accept_;
  Node* node_;
  bool paused_ = false;
  bool pending_ = false;  // libuv holds an accepted connection and waits for us to take it
};

// Refuses early what SO_REUSEPORT would let two processes share: Conflict when somebody else is
// listening at the address. Call before the first listen(); racing processes can both pass.
Result<void> probe_free(const Endpoint& at);

}  // namespace atl::net
