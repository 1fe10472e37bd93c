#include "lib/base/error.h"

namespace atl {

std::string_view to_string(Code code) {
  switch (code) {
    case Code::Invalid:
      return "invalid";
    case Code::TooLarge:
      return "too large";
    case Code::Unsupported:
      return "unsupported";
    case Code::Timeout:
      return "timeout";
    case Code::Refused:
      return "refused";
    case Code::Closed:
      return "closed";
    case Code::Cancelled:
      return "cancelled";
    case Code::Exhausted:
      return "exhausted";
    case Code::NotFound:
      return "not found";
    case Code::Conflict:
      return "conflict";
    case Code::Io:
      return "i/o";
    case Code::Internal:
      return "internal";
  }
  return "unknown";
}

std::string_view to_string(Side side) {
  switch (side) {
    case Side::Client:
      return "client";
    case Side::Upstream:
      return "upstream";
    case Side::Self:
      return "self";
  }
  return "unknown";
}

}  // namespace atl
