#include "control-plane/dns/denial.h"

#include <doctest/doctest.h>

#include <string>

#include "control-plane/dns/ldns_handles.h"
#include "control-plane/dns/name.h"
#include "tests/support/dns_message.h"

namespace atl::dns {
namespace {

// The NSEC record of a name, as ldns prints it.
std::string nsec(const Zone& zone, const char* text, Type denied) {
  const std::string name = *parse_name(text);
  const auto data =
      nsec_data(name, zone.find(name), static_cast<uint16_t>(denied), name == zone.name());
  REQUIRE(data.has_value());
  const LdnsRecord record = make_record(name, Type::Nsec, 60, *data);
  REQUIRE(record != nullptr);
  const LdnsText line(ldns_rr2str(record.get()));
  std::string out = line.get();
  for (char& c : out) c = c == '\t' ? ' ' : c;
  while (out.ends_with('\n') || out.ends_with(' ')) out.pop_back();
  return out;
}

TEST_CASE("denial: what is at the name, but for what was asked for, and nothing else is covered") {
  const test::World world;
  struct Row {
    const char* name;
    Type denied;
    const char* want;
  };
  for (const Row& row :
       {Row{"none.cdn.example", Type::A, "\\000.none.cdn.example. RRSIG NSEC TYPE128"},
        Row{"er.cdn.example", Type::A, "\\000.er.cdn.example. RRSIG NSEC"},
        Row{"www.cdn.example", Type::Aaaa, "\\000.www.cdn.example. A RRSIG NSEC"},
        Row{"www.cdn.example", Type::Txt, "\\000.www.cdn.example. A AAAA RRSIG NSEC"},
        Row{"text.cdn.example", Type::Caa, "\\000.text.cdn.example. TXT RRSIG NSEC"},
        Row{"cdn.example", Type::A, "\\000.cdn.example. NS SOA MX RRSIG NSEC DNSKEY"}}) {
    CAPTURE(row.name);
    CHECK(nsec(*world.view.zone, row.name, row.denied) ==
          std::string(row.name) + ". 60 IN NSEC " + row.want);
  }
}

TEST_CASE("denial: types beyond 255 are in a window of their own") {
  test::World world;
  world.spec.records.push_back({"er.cdn.example", "CAA", "0 issue \"ca.example\"", 300});
  world.remake();
  CHECK(nsec(*world.view.zone, "er.cdn.example", Type::A) ==
        "er.cdn.example. 60 IN NSEC \\000.er.cdn.example. RRSIG NSEC CAA");
}

TEST_CASE("denial: a name too long for another label has a sibling as the next one") {
  const std::string label = std::string(1, '\x3f') + std::string(63, 'a');
  const std::string head = std::string(1, '\x3d') + std::string(61, 'b');
  const std::string name = head + label + label + label + std::string(1, '\0');
  REQUIRE(name.size() == kLongestName);
  const auto data = nsec_data(name, nullptr, 1, false);
  REQUIRE(data.has_value());
  CHECK(data->substr(0, kLongestName) ==
        std::string(1, '\x3d') + std::string(60, 'b') + "c" + name.substr(head.size()));
  std::string last = name;
  last[0x3d] = '\xff';
  CHECK(!nsec_data(last, nullptr, 1, false).has_value());
}

}  // namespace
}  // namespace atl::dns
