#pragma once

#include <cstdint>
#include <optional>

namespace atl::net {

// What a connection may have written and not acknowledged, in bytes, where the kernel's own tuning
// should not decide; nothing where it should. The kernel lets a send buffer grow to megabytes
// (tcp_wmem); with 64 clients of large bodies on a short path that is more than a core's
// second-level cache, which is probably why it costs more. `round_trip` is the least that was
// measured, in microseconds. A path of 10 Gbit/s holds no more than 125 KB in 100 us, so the
// bound costs no speed there; beyond that the kernel decides.
std::optional<int> send_buffer_for(uint32_t round_trip);

// The least round trip that the kernel saw on a connected TCP socket, in microseconds (tcp(7),
// TCP_INFO); nothing before the first, and where the kernel does not tell.
std::optional<uint32_t> least_round_trip(int socket);

// Bounds what `socket` holds by `send_buffer_for`. For good: the kernel does not take tuning back.
// Two system calls at most. Failure leaves the kernel's choice.
void bound_send_buffer(int socket);

}  // namespace atl::net
