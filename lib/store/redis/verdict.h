#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "lib/base/error.h"
#include "lib/net/endpoint.h"

namespace atl::store::redis {

// What an error reply means for the call that got it. None of them changed anything.
struct Verdict {
  enum class Kind : uint8_t {
    Moved,     // ask `endpoint`, now and in future, for `slot`
    Ask,       // ask `endpoint`, this once, after ASKING
    NoScript,  // send the script itself
    Later,     // the same again in a moment: starting, migrating, electing, busy
    Demoted,   // a replica now: find out who is the master
    Final,     // `error`
  };
  Kind kind = Kind::Final;
  uint16_t slot = 0;
  net::Endpoint endpoint;  // an empty host: that of the server that answered
  Error error{};           // Later, too: what to say when there is no time left
};

// `text`: of an error reply, without the "-".
Verdict judge_error(std::string_view text);

}  // namespace atl::store::redis
