#include "lib/net/tls/handshake_failure.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace atl::net {

std::string_view to_string(HandshakeFailure failure) {
  constexpr std::array<std::string_view, kHandshakeFailures> kNames = {
      "timeout", "closed",    "not_tls", "nothing_shared",
      "refused", "too_large", "invalid", "shutdown"};
  return kNames[static_cast<size_t>(failure)];
}

HandshakeFailure classify_handshake_error(unsigned long code) {
  if (ERR_GET_LIB(code) != ERR_LIB_SSL) return HandshakeFailure::Invalid;
  const int reason = ERR_GET_REASON(code);
  // An alert received is reported as its number above this one.
  if (reason >= SSL_AD_REASON_OFFSET && reason < SSL_AD_REASON_OFFSET + 256) {
    return HandshakeFailure::Refused;
  }
  switch (reason) {
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_WRONG_VERSION_NUMBER:  // of a record
      return HandshakeFailure::NotTls;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SUITABLE_GROUPS:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SHARED_GROUPS:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
    case SSL_R_NO_APPLICATION_PROTOCOL:
    case SSL_R_INAPPROPRIATE_FALLBACK:
      return HandshakeFailure::NothingShared;
    default:
      return HandshakeFailure::Invalid;
  }
}

TlsStatistics& TlsStatistics::operator+=(const TlsStatistics& other) {
  handshakes += other.handshakes;
  resumed += other.resumed;
  under_way += other.under_way;
  for (size_t i = 0; i < failures.size(); ++i) failures[i] += other.failures[i];
  return *this;
}

}  // namespace atl::net
