#include "lib/rpc/failure.h"

namespace atl::rpc {

std::string_view to_string(FailureReason reason) {
  switch (reason) {
    case FailureReason::OriginUnreachable:
      return "origin-unreachable";
    case FailureReason::UnknownSource:
      return "unknown-source";
    case FailureReason::NameNotResolved:
      return "name-not-resolved";
    case FailureReason::ConnectRefused:
      return "connect-refused";
    case FailureReason::ConnectTimeout:
      return "connect-timeout";
    case FailureReason::TlsFailed:
      return "tls-failed";
    case FailureReason::HeadTimeout:
      return "head-timeout";
    case FailureReason::BodyTimeout:
      return "body-timeout";
    case FailureReason::Reset:
      return "reset";
    case FailureReason::Protocol:
      return "protocol";
    case FailureReason::Overloaded:
      return "overloaded";
    case FailureReason::BadRequest:
      return "bad-request";
    case FailureReason::ResumeUnknown:
      return "resume-unknown";
    case FailureReason::Internal:
      return "internal";
    case FailureReason::Cancelled:
      return "cancelled";
  }
  return "unknown";
}

}  // namespace atl::rpc
