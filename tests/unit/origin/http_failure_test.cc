#include "origin/sources/http_failure.h"

#include <doctest/doctest.h>

namespace atl::origin {
namespace {

using rpc::FailureReason;

TEST_CASE("http failure: what libcurl's result means depends on how far the exchange was") {
  constexpr HowFar kConnecting{.sent = false, .head = false, .timed_out = false};
  constexpr HowFar kAsked{.sent = true, .head = false, .timed_out = false};
  constexpr HowFar kAnswering{.sent = true, .head = true, .timed_out = false};
  struct Row {
    CURLcode result;
    HowFar far;
    FailureReason reason;
  };
  for (const Row& row : {
           Row{CURLE_COULDNT_CONNECT, kConnecting, FailureReason::ConnectRefused},
           Row{CURLE_COULDNT_CONNECT, {false, false, true}, FailureReason::ConnectTimeout},
           Row{CURLE_OPERATION_TIMEDOUT, kConnecting, FailureReason::ConnectTimeout},
           Row{CURLE_OPERATION_TIMEDOUT, kAsked, FailureReason::HeadTimeout},
           Row{CURLE_OPERATION_TIMEDOUT, kAnswering, FailureReason::BodyTimeout},
           Row{CURLE_PARTIAL_FILE, kAnswering, FailureReason::Reset},
           Row{CURLE_WEIRD_SERVER_REPLY, kAsked, FailureReason::Protocol},
           Row{CURLE_OUT_OF_MEMORY, kConnecting, FailureReason::Overloaded},
           Row{CURLE_OUT_OF_MEMORY, kAsked, FailureReason::Protocol},  // a field line too long
           Row{CURLE_OUT_OF_MEMORY, kAnswering, FailureReason::Overloaded},
       }) {
    CAPTURE(row.result);
    CHECK(reason_of(row.result, row.far) == row.reason);
  }
}

}  // namespace
}  // namespace atl::origin
