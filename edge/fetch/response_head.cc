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
  return {.status = answer.status, .token = answer.token, .detail = failure.detail};
}

UpstreamFailure describe_refusal(Refusal refusal) {
  return {.status = 503,
          .token = to_string(refusal),
          .detail = {},
          .disconnected = refusal != Refusal::Busy};
}

std::string_view to_string(Refusal refusal) {
  switch (refusal) {
    case Refusal::None:
      return "";
    case Refusal::Unhealthy:
      return "origin-unhealthy";
    case Refusal::BreakerOpen:
      return "breaker-open";
    case Refusal::Busy:
      return "origin-busy";
  }
  return "";
}

}  // namespace atl::edge
