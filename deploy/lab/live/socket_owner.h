#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lib/net/endpoint.h"

// Who is at the other end of a TCP connection on this machine: /proc knows (proc(5)). That is how
// the relay tells edges apart that connect to one address, as they would in the real world by where
// they are.

namespace atl::lab {

// The inode of the socket at `local` that is connected to `remote`, in the text of /proc/net/tcp.
// IPv4 only.
std::optional<uint64_t> socket_inode(std::string_view proc_net_tcp, const net::Endpoint& local,
                                     const net::Endpoint& remote);

// Which of the processes has the connection from `local` to `remote`. Blocking, but only on /proc.
std::optional<pid_t> socket_owner(std::span<const pid_t> processes, const net::Endpoint& local,
                                  const net::Endpoint& remote);

}  // namespace atl::lab
