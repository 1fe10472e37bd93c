#include "lib/store/redis/verdict.h"

#include <doctest/doctest.h>

namespace atl::store::redis {
namespace {

using Kind = Verdict::Kind;

TEST_CASE("redis errors: redirections") {
  struct Row {
    const char* text;
    Kind kind;
    uint16_t slot;
    net::Endpoint endpoint;
  };
  for (const Row& row : {
           Row{"MOVED 3999 127.0.0.1:6381", Kind::Moved, 3999, {"127.0.0.1", 6381}},
           Row{"ASK 0 host.example:1", Kind::Ask, 0, {"host.example", 1}},
           Row{"MOVED 16383 ::1:7000", Kind::Moved, 16383, {"::1", 7000}},
           Row{"MOVED 1 :7000", Kind::Moved, 1, {"", 7000}},
           Row{"ASK 1 ?:7000", Kind::Ask, 1, {"", 7000}},
       }) {
    CAPTURE(row.text);
    const Verdict verdict = judge_error(row.text);
    CHECK(verdict.kind == row.kind);
    CHECK(verdict.slot == row.slot);
    CHECK(verdict.endpoint == row.endpoint);
  }
  for (const char* text : {"MOVED", "MOVED 1", "MOVED 16384 h:1", "MOVED -1 h:1", "MOVED x h:1",
                           "ASK 1 h", "ASK 1 h:0", "ASK 1 h:65536", "ASK 1 h:1x"}) {
    CAPTURE(text);
    const Verdict verdict = judge_error(text);
    CHECK(verdict.kind == Kind::Final);
    CHECK(verdict.error.code == Code::Internal);
    CHECK_FALSE(verdict.error.retryable);
  }
}

TEST_CASE("redis errors: what to do about the others") {
  struct Row {
    const char* text;
    Kind kind;
    Code code;
    bool retryable;
  };
  for (const Row& row : {
           Row{"NOSCRIPT No matching script", Kind::NoScript, Code::Internal, false},
           Row{"TRYAGAIN Multiple keys", Kind::Later, Code::Timeout, true},
           Row{"CLUSTERDOWN Hash slot not served", Kind::Later, Code::Closed, true},
           Row{"LOADING Redis is loading", Kind::Later, Code::Closed, true},
           Row{"READONLY You can't write", Kind::Demoted, Code::Closed, true},
           Row{"MASTERDOWN Link with MASTER", Kind::Demoted, Code::Closed, true},
           Row{"NOREPLICAS Not enough", Kind::Later, Code::Exhausted, true},
           Row{"OOM command not allowed", Kind::Final, Code::Exhausted, true},
           Row{"MISCONF Redis is configured", Kind::Final, Code::Io, true},
           Row{"NOAUTH Authentication required.", Kind::Final, Code::Refused, true},
           Row{"NOPERM this user", Kind::Final, Code::Refused, true},
           Row{"WRONGTYPE Operation", Kind::Final, Code::Internal, false},
           Row{"ERR unknown command", Kind::Final, Code::Internal, false},
           Row{"", Kind::Final, Code::Internal, false},
           Row{"OOMX", Kind::Final, Code::Internal, false},
       }) {
    CAPTURE(row.text);
    const Verdict verdict = judge_error(row.text);
    CHECK(verdict.kind == row.kind);
    CHECK(verdict.error.code == row.code);
    CHECK(verdict.error.retryable == row.retryable);
    CHECK(verdict.error.side == Side::Upstream);
    CHECK(verdict.error.detail[0] != '\0');
  }
}

}  // namespace
}  // namespace atl::store::redis
