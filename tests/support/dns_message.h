#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "control-plane/dns/responder.h"
#include "control-plane/dns/zone.h"
#include "control-plane/geo/snapshot.h"

namespace atl::dns::test {

// A query to be put on the wire, well-formed or not.
struct Question {
  std::string name = "www.cdn.example";
  uint16_t type = 1;
  uint16_t klass = 1;
  uint16_t flags = 0x0100;
  bool edns = false;
  uint16_t udp_size = 1232;
  uint8_t version = 0;
  uint16_t edns_flags = 0;
  std::string options;  // of the OPT record, in wire form
};
std::string wire(const Question& question);

// An option of an OPT record.
std::string option(uint16_t code, std::string_view data);
// "192.0.2.0/24" as a client subnet option.
std::string subnet_option(std::string_view prefix);

// An answer as ldns reads it.
struct Answer {
  bool readable = false;
  uint16_t id = 0;
  int rcode = -1;  // with the extension of OPT
  bool authoritative = false;
  bool truncated = false;
  std::string question;                // "www.cdn.example. IN A"
  std::vector<std::string> answer;     // "www.cdn.example. 20 IN A 192.0.2.1"
  std::vector<std::string> authority;  // likewise
  int opts = 0;
  std::string options;  // of OPT, in wire form
};
Answer read(std::string_view message);

// The private key of RFC 6605 section 6.1.
inline constexpr const char* kKeyText =
    "Private-key-format: v1.2\n"
    "Algorithm: 13 (ECDSAP256SHA256)\n"
    "PrivateKey: GU6SnQ/Ou+xC5RumuIUIuJZteXT2z0O/ok1s38Et6mQ=\n";

// A zone "cdn.example", three PoPs and a table of subnets.
class World {
 public:
  World();
  ZoneSpec spec;
  View view;
  geo::SubnetTable subnets;
  std::vector<geo::PopSpec> pops;
  std::vector<geo::PolicySpec> policies;  // of spec.distributions

  // After a change of `spec`, `pops` or `policies`. Aborts when the zone is refused.
  void remake();
  // Those not named stay as they are.
  void set_states(std::vector<geo::PopState> states);
  void set_status(std::vector<geo::PopStatus> status);
  const std::string& id(uint32_t pop) const { return pops[pop].id; }

 private:
  void remake_snapshot();

  std::vector<geo::PopStatus> status_{3, {geo::PopState::Active}};
  std::shared_ptr<const geo::Chart> chart_;
};

}  // namespace atl::dns::test
