#include "control-plane/dns_key.h"

#include <unistd.h>

#include <cstdio>

#include "control-plane/dns/name.h"
#include "control-plane/dns/signing_key.h"

namespace atl::control {
namespace {

constexpr int kFailed = 1;
constexpr int kBadUsage = 2;

}  // namespace

int run_dns_key(const std::string& zone, const std::string& path) {
  const auto name = dns::parse_name(zone);
  if (!name || name->size() == 1) {
    std::fprintf(stderr, "atoll-control: \"%s\" is not the name of a zone\n", zone.c_str());
    return kBadUsage;
  }
  const bool there = access(path.c_str(), F_OK) == 0;
  const auto key = there ? dns::SigningKey::open(path) : dns::SigningKey::create(path);
  if (!key) {
    std::fprintf(stderr, "atoll-control: %s\n", key.error().c_str());
    return kFailed;
  }
  std::printf("; The key of %s, in %s, which %s.\n%s\n", zone.c_str(), path.c_str(),
              there ? "was there" : "is new", (*key)->dnskey(*name).c_str());
  std::printf(
      "; For the zone above, once [dns] key names the file and the server runs with it:\n%s\n",
      (*key)->delegation(*name).c_str());
  return 0;
}

}  // namespace atl::control
