#pragma once

#include <curl/curl.h>

#include <unordered_map>

namespace atl::origin {

// The HTTP/1 connections of libcurl's pool that wait for their next request, so that one which has
// been sent bytes meanwhile is not used: they belong to no request, and would be taken for the
// answer to the next (RFC 9112 section 9.3: a response is matched by order alone). libcurl 7.88
// asks only whether a connection has been closed. One thread.
class RestingConnections {
 public:
  // It has given a whole response. `local_port` tells it from the others, for libcurl names no
  // socket when it takes one from its pool.
  void rest(curl_socket_t connection, long local_port) { by_port_[local_port] = connection; }

  // A request is about to go out on it. False: it has been sent something, or closed. Then it is
  // shut down, nothing can be written to it, and libcurl turns to another one. One that does not
  // rest here is fit.
  bool wake(long local_port);

  // libcurl closes it.
  void forget(curl_socket_t connection);

 private:
  std::unordered_map<long, curl_socket_t> by_port_;
};

}  // namespace atl::origin
