#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lib/base/error.h"
#include "lib/net/descriptor_watch.h"
#include "lib/net/endpoint.h"
#include "lib/net/loop.h"
#include "lib/net/tcp_stream.h"

namespace atl::lab {

// A listening socket of the relay. Unlike net::TcpListener, which is made for many connections, it
// tells the port that a connection comes from: that is who it is, where all come from one address.
// Loop thread.
class Door {
 public:
  using OnAccept =
      std::function<void(std::unique_ptr<net::TcpStream> stream, const net::Endpoint& from)>;

  // At an IPv4 address, on a port that is free. Io: none is, or no descriptor is left.
  static Result<std::unique_ptr<Door>> open(net::Loop& loop, const std::string& host,
                                            OnAccept on_accept);
  // Where it is.
  const net::Endpoint& at() const { return at_; }

 private:
  Door(net::Loop& loop, net::Descriptor socket, net::Endpoint at, OnAccept on_accept);
  void accept();
  void turn_away();

  net::Loop& loop_;
  net::Endpoint at_;
  OnAccept on_accept_;
  net::Descriptor reserve_;  // given up to turn somebody away when no descriptor is left
  net::DescriptorWatch watch_;
};

}  // namespace atl::lab
