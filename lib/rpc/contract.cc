#include "lib/rpc/contract.h"

namespace atl::rpc {

v1::Failure::Reason to_proto(FailureReason reason) {
  switch (reason) {
    case FailureReason::OriginUnreachable:
      return v1::Failure::INTERNAL;  // never sent by an origin
    case FailureReason::UnknownSource:
      return v1::Failure::UNKNOWN_SOURCE;
    case FailureReason::NameNotResolved:
      return v1::Failure::NAME_NOT_RESOLVED;
    case FailureReason::ConnectRefused:
      return v1::Failure::CONNECT_REFUSED;
    case FailureReason::ConnectTimeout:
      return v1::Failure::CONNECT_TIMEOUT;
    case FailureReason::TlsFailed:
      return v1::Failure::TLS_FAILED;
    case FailureReason::HeadTimeout:
      return v1::Failure::HEAD_TIMEOUT;
    case FailureReason::BodyTimeout:
      return v1::Failure::BODY_TIMEOUT;
    case FailureReason::Reset:
      return v1::Failure::RESET;
    case FailureReason::Protocol:
      return v1::Failure::PROTOCOL;
    case FailureReason::Overloaded:
      return v1::Failure::OVERLOADED;
    case FailureReason::BadRequest:
      return v1::Failure::BAD_REQUEST;
    case FailureReason::ResumeUnknown:
      return v1::Failure::RESUME_UNKNOWN;
    case FailureReason::Internal:
      return v1::Failure::INTERNAL;
    case FailureReason::Cancelled:
      return v1::Failure::CANCELLED;
  }
  return v1::Failure::INTERNAL;
}

FailureReason from_proto(v1::Failure::Reason reason) {
  switch (reason) {
    case v1::Failure::UNKNOWN_SOURCE:
      return FailureReason::UnknownSource;
    case v1::Failure::NAME_NOT_RESOLVED:
      return FailureReason::NameNotResolved;
    case v1::Failure::CONNECT_REFUSED:
      return FailureReason::ConnectRefused;
    case v1::Failure::CONNECT_TIMEOUT:
      return FailureReason::ConnectTimeout;
    case v1::Failure::TLS_FAILED:
      return FailureReason::TlsFailed;
    case v1::Failure::HEAD_TIMEOUT:
      return FailureReason::HeadTimeout;
    case v1::Failure::BODY_TIMEOUT:
      return FailureReason::BodyTimeout;
    case v1::Failure::RESET:
      return FailureReason::Reset;
    case v1::Failure::PROTOCOL:
      return FailureReason::Protocol;
    case v1::Failure::OVERLOADED:
      return FailureReason::Overloaded;
    case v1::Failure::BAD_REQUEST:
      return FailureReason::BadRequest;
    case v1::Failure::RESUME_UNKNOWN:
      return FailureReason::ResumeUnknown;
    case v1::Failure::CANCELLED:
      return FailureReason::Cancelled;
    default:
      return FailureReason::Internal;  // a newer origin's reason, or none given
  }
}

ExchangeFailure from_proto(const v1::Failure& failure) {
  return {from_proto(failure.reason()), failure.request_seen(), failure.detail()};
}

void to_proto(const ExchangeFailure& failure, v1::Failure& out) {
  out.set_reason(to_proto(failure.reason));
  out.set_request_seen(failure.request_seen);
  out.set_detail(printable(failure.detail));
}

std::string printable(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c < 0x20 || c > 0x7e) c = '?';
  }
  return out;
}

}  // namespace atl::rpc
