#include "control-plane/config/read_trust.h"

#include "lib/trust/exposure.h"
#include "lib/trust/identity.h"
#include "lib/trust/revocations.h"

namespace atl::control {
namespace {

// Renewals come at two thirds of it, and files are looked at every second.
constexpr std::chrono::milliseconds kShortestLife{5'000};

}  // namespace

TrustConfig read_trust(config::Section control, const std::string& fleet_listen) {
  TrustConfig trust;
  config::Section section = control.table("trust");
  trust.enabled = section.boolean("enabled", trust.enabled);
  trust.name = section.string("name", trust.name);
  if (!trust::is_name(trust.name)) {
    section.problem("name", "must be letters, digits, \"-\", \"_\" and \".\", at most 64 of them");
  }
  trust.certificate_life =
      section.duration("certificate_life", trust.certificate_life, kShortestLife);
  if (trust.certificate_life > trust::kLongestLife) {
    section.problem("certificate_life",
                    "is longer than 90 days: certificates renew themselves, "
                    "write a shorter one");
  }
  const bool insecure = section.boolean("insecure", false);
  if (trust.enabled && insecure) {
    section.problem("insecure", "contradicts enabled = true: remove one of them");
  }
  for (const char* key : {"name", "certificate_life"}) {
    if (!trust.enabled && section.has(key)) {
      section.problem(key, "has a meaning only with enabled = true");
    }
  }
  if (!trust.enabled && !insecure && !trust::is_loopback(fleet_listen)) {
    control.problem("fleet_listen",
                    "can be reached from other hosts, where anybody could join as a node: write "
                    "enabled = true in [control.trust] (docs/trust.md), or insecure = true if the "
                    "network keeps strangers out");
  }
  return trust;
}

}  // namespace atl::control
