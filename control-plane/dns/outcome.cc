#include "control-plane/dns/outcome.h"

namespace atl::dns {

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::Steered:
      return "steered";
    case Reason::Records:
      return "records";
    case Reason::NoData:
      return "no-data";
    case Reason::NoName:
      return "no-name";
    case Reason::NoPop:
      return "no-pop";
    case Reason::NotSigned:
      return "not-signed";
    case Reason::CookieOnly:
      return "cookie-only";
    case Reason::NotOurs:
      return "not-ours";
    case Reason::Malformed:
      return "malformed";
    case Reason::Ignored:
      return "ignored";
  }
  return "ignored";
}

}  // namespace atl::dns
