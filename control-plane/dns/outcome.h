#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace atl::dns {

// Why an answer is what it is.
enum class Reason : uint8_t {
  Steered,     // addresses of PoPs
  Records,     // of the zone
  NoData,      // the name exists, without records of the type
  NoName,      // the name does not exist
  NoPop,       // every PoP is down, and the distribution fails closed
  NotSigned,   // an answer could not be signed, and goes out as an error
  CookieOnly,  // a question was not asked
  NotOurs,     // another zone, another class, a transfer
  Malformed,   // refused with FORMERR, NOTIMP or BADVERS
  Ignored,     // nothing is answered: a response, or less than a header
};
inline constexpr size_t kReasons = 10;
std::string_view to_string(Reason reason);

struct Outcome {
  Reason reason = Reason::Ignored;
  size_t size = 0;  // octets written; 0: nothing is answered
  bool truncated = false;
  bool limited = false;  // by the rate: dropped, or truncated
};

}  // namespace atl::dns
