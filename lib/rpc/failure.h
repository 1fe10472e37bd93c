#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace atl::rpc {

// Mirrors atl.v1.Failure.Reason, plus what happens between edge and origin.
enum class FailureReason : uint8_t {
  OriginUnreachable,  // no connection to the origin's gRPC endpoint, or it broke
  UnknownSource,
  NameNotResolved,
  ConnectRefused,
  ConnectTimeout,
  TlsFailed,
  HeadTimeout,
  BodyTimeout,
  Reset,
  Protocol,
  Overloaded,
  BadRequest,
  ResumeUnknown,
  Internal,
  Cancelled,
};
std::string_view to_string(FailureReason reason);

// Why an exchange has no complete response.
struct ExchangeFailure {
  FailureReason reason = FailureReason::Internal;
  bool request_seen = false;  // the upstream may have acted on the request
  std::string detail;         // for people; one sentence, no secrets
};

}  // namespace atl::rpc
