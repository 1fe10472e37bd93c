#include "origin/sources/resting_connections.h"

#include <sys/socket.h>

namespace atl::origin {

bool RestingConnections::wake(long local_port) {
  const auto it = by_port_.find(local_port);
  if (it == by_port_.end()) return true;
  const curl_socket_t connection = it->second;
  by_port_.erase(it);
  char byte = 0;
  if (::recv(connection, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0) return true;  // nothing to read
  ::shutdown(connection, SHUT_RDWR);
  return false;
}

void RestingConnections::forget(curl_socket_t connection) {
  std::erase_if(by_port_, [&](const auto& entry) { return entry.second == connection; });
}

}  // namespace atl::origin
