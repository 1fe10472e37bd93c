#include "origin/sources/http_failure.h"

namespace atl::origin {

using rpc::FailureReason;

rpc::FailureReason reason_of(CURLcode result, HowFar far) {
  switch (result) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return FailureReason::NameNotResolved;
    case CURLE_COULDNT_CONNECT:
      return far.timed_out ? FailureReason::ConnectTimeout : FailureReason::ConnectRefused;
    case CURLE_OPERATION_TIMEDOUT:
      if (far.head) return FailureReason::BodyTimeout;
      return far.sent ? FailureReason::HeadTimeout : FailureReason::ConnectTimeout;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
      return FailureReason::TlsFailed;
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_SEND_FAIL_REWIND:
    case CURLE_GOT_NOTHING:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_ABORTED_BY_CALLBACK:
      return FailureReason::Reset;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:  // HTTP/0.9
    case CURLE_BAD_CONTENT_ENCODING:
      return FailureReason::Protocol;
    case CURLE_OUT_OF_MEMORY:
      // libcurl 7.88's word for a field line of more than 100 KiB, too.
      return far.sent && !far.head ? FailureReason::Protocol : FailureReason::Overloaded;
    case CURLE_NO_CONNECTION_AVAILABLE:
      return FailureReason::Overloaded;
    case CURLE_OK:
      return FailureReason::Reset;  // no final head
    default:
      return FailureReason::Internal;
  }
}

}  // namespace atl::origin
