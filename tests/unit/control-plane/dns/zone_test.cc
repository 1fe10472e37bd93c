#include "control-plane/dns/zone.h"

#include <doctest/doctest.h>

#include <functional>
#include <string>

#include "control-plane/dns/name.h"
#include "tests/support/dns_message.h"

namespace atl::dns {
namespace {

using test::World;

// "-": no such name; "empty": nothing there; otherwise the TTL of its distribution, or "records".
std::string found(const Zone& zone, const char* name) {
  const Node* node = zone.find(*parse_name(name));
  if (node == nullptr) return "-";
  if (node->policy) return std::to_string(node->policy->ttl);
  return node->sets.empty() ? "empty" : "records";
}

TEST_CASE("zone: what is at a name") {
  World world;
  struct Row {
    const char* name;
    const char* want;
  };
  for (const Row& row :
       {Row{"www.cdn.example", "20"}, Row{"site.cdn.example", "20"}, Row{"media.cdn.example", "30"},
        Row{"a.img.cdn.example", "30"}, Row{"b.a.img.cdn.example", "30"},
        Row{"img.cdn.example", "-"},  // the pattern is for names below it
        Row{"none.cdn.example", "-"}, Row{"a.www.cdn.example", "-"}, Row{"er.cdn.example", "empty"},
        Row{"deep.er.cdn.example", "records"}, Row{"text.cdn.example", "records"},
        Row{"cdn.example", "records"}, Row{"ns1.cdn.example", "records"}}) {
    CAPTURE(row.name);
    CHECK(found(*world.view.zone, row.name) == row.want);
  }
}

TEST_CASE("zone: patterns cover names as HTTP routing does") {
  World world;
  world.spec.distributions = {{"any", {"*"}, 1, 1, false},
                              {"outer", {"*.example"}, 2, 1, false},
                              {"zone", {"*.cdn.example"}, 3, 1, false},
                              {"inner", {"*.a.cdn.example"}, 4, 1, false},
                              {"exact", {"x.a.cdn.example"}, 5, 1, false}};
  world.remake();
  struct Row {
    const char* name;
    const char* want;
  };
  for (const Row& row : {
           Row{"x.a.cdn.example", "5"}, Row{"y.a.cdn.example", "4"},
           Row{"a.cdn.example", "3"},  // exists between others, and is covered
           Row{"b.cdn.example", "3"}, Row{"cdn.example", "2"},
           Row{"text.cdn.example", "3"},      // TXT beside a distribution
           Row{"ns1.cdn.example", "records"}  // its address is a record
       }) {
    CAPTURE(row.name);
    CHECK(found(*world.view.zone, row.name) == row.want);
  }
}

TEST_CASE("zone: what is wrong is said, and of which part") {
  using Part = ZoneProblem::Part;
  struct Row {
    const char* what;
    std::function<void(ZoneSpec&)> change;
    Part part;
    size_t index;
  };
  const auto record = [](RecordText text) {
    return [text](ZoneSpec& spec) { spec.records.push_back(text); };
  };
  const size_t next = World().spec.records.size();
  for (const Row& row : {
           Row{"no zone", [](ZoneSpec& s) { s.name = "a..b"; }, Part::Zone, 0},
           Row{"the root", [](ZoneSpec& s) { s.name = "."; }, Part::Zone, 0},
           Row{"no server", [](ZoneSpec& s) { s.name_servers.clear(); }, Part::Zone, 0},
           Row{"a server twice", [](ZoneSpec& s) { s.name_servers.push_back("NS1.cdn.example."); },
               Part::NameServer, 2},
           Row{"no host", [](ZoneSpec& s) { s.name_servers[0] = "*.x"; }, Part::NameServer, 0},
           Row{"a server without address",
               [](ZoneSpec& s) { s.name_servers.push_back("ns2.cdn.example"); }, Part::NameServer,
               2},
           Row{"mailbox", [](ZoneSpec& s) { s.mailbox = "me@example"; }, Part::Mailbox, 0},
           Row{"elsewhere", record({"a.example", "A", "192.0.2.1", 1}), Part::Record, next},
           Row{"no name", record({"a b.cdn.example", "A", "192.0.2.1", 1}), Part::Record, next},
           Row{"wildcard", record({"*.cdn.example", "A", "192.0.2.1", 1}), Part::Record, next},
           Row{"type", record({"a.cdn.example", "NS", "x", 1}), Part::Record, next},
           Row{"value", record({"a.cdn.example", "A", "::1", 1}), Part::Record, next},
           Row{"beside a CNAME", record({"away.cdn.example", "TXT", "x", 1}), Part::Record, next},
           Row{"CNAME beside others", record({"text.cdn.example", "CNAME", "x", 1}), Part::Record,
               next},
           Row{"CNAME of the zone", record({"@", "CNAME", "x", 1}), Part::Record, next},
           Row{"twice", record({"text.cdn.example", "TXT", "hello world", 300}), Part::Record,
               next},
           Row{"two ttls", record({"text.cdn.example", "TXT", "x", 299}), Part::Record, next},
           Row{"host with addresses",
               [](ZoneSpec& s) { s.distributions[1].hosts.push_back("ns1.cdn.example"); },
               Part::Distribution, 1},
           Row{"id with addresses", [](ZoneSpec& s) { s.distributions[1].id = "ns1"; },
               Part::Distribution, 1},
           Row{"id that is no name", [](ZoneSpec& s) { s.distributions[0].id = "a."; },
               Part::Distribution, 0},
       }) {
    CAPTURE(row.what);
    ZoneSpec spec = World().spec;
    row.change(spec);
    const auto zone = Zone::make(spec);
    REQUIRE(!zone);
    CHECK(zone.error().front().part == row.part);
    CHECK(zone.error().front().index == row.index);
    CHECK(!zone.error().front().text.empty());
  }
}

}  // namespace
}  // namespace atl::dns
