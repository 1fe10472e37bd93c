#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace atl::net {

// Why a handshake came to nothing; each failed one counts in exactly one.
enum class HandshakeFailure : uint8_t {
  Timeout,        // too slow
  Closed,         // the client went away
  NotTls,         // plain HTTP, or no TLS record at all
  NothingShared,  // no version, cipher, group or protocol that both speak
  Refused,        // the client sent an alert: it does not trust the certificate, say
  TooLarge,       // more bytes than a handshake has any use for
  Invalid,        // everything else that breaks the protocol
  Shutdown,       // the server stopped listening meanwhile
};
constexpr size_t kHandshakeFailures = 8;

// "timeout", "closed", "not_tls", ...: for metrics.
std::string_view to_string(HandshakeFailure failure);

// What OpenSSL's error `code` (ERR_get_error) means.
HandshakeFailure classify_handshake_error(unsigned long code);

// Counts since the server was made; plain integers of the loop's thread.
struct TlsStatistics {
  uint64_t handshakes = 0;  // completed, resumptions included
  uint64_t resumed = 0;     // of them, with a session ticket
  uint64_t under_way = 0;   // now
  std::array<uint64_t, kHandshakeFailures> failures{};

  TlsStatistics& operator+=(const TlsStatistics& other);
};

}  // namespace atl::net
