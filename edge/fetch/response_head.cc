#include "edge/fetch/response_head.h"

namespace atl::edge {
namespace {

struct Answer {
  uint16_t status;
  std::string_view token;
};

Answer answer_to(rpc::FailureReason reason) {
  using enum rpc::FailureReason;
  switch (reason) {
    case OriginUnreachable:
      return {502, "origin-unreachable"};
    case UnknownSource:
      return {502, "unknown-source"};
    case NameNotResolved:
      return {502, "name-not-resolved"};
    case ConnectRefused:
      return {502, "connect-refused"};
    case ConnectTimeout:
      return {504, "connect-timeout"};
    case TlsFailed:
      return {502, "tls-failed"};
    case HeadTimeout:
      return {504, "head-timeout"};
    case BodyTimeout:
      return {504, "body-timeout"};
    case Reset:
      return {502, "upstream-reset"};
    case Protocol:
      return {502, "upstream-protocol"};
    case Overloaded:
      return {503, "origin-overloaded"};
    case BadRequest:
      return {502, "contract-breach"};
    case ResumeUnknown:
      return {502, "resume-unknown"};
    case Internal:
      return {502, "origin-internal"};
    case Cancelled:
      return {502, "cancelled"};
  }
  return {502, "origin-internal"};
}

}  // namespace

UpstreamFailure describe_failure(const rpc::ExchangeFailure& failure) {
  const Answer answer = answer_to(failure.reason);
  return {answer.status, answer.token, failure.detail};
}

}  // namespace atl::edge
