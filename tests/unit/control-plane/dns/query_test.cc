#include "control-plane/dns/query.h"

#include <doctest/doctest.h>

#include <string>

#include "control-plane/dns/name.h"
#include "tests/support/dns_message.h"

namespace atl::dns {
namespace {

using test::option;
using test::Question;
using test::subnet_option;
using test::wire;

Fault fault_of(const std::string& message) {
  Query query;
  return parse(as_octets(message), query);
}

Question with_options(std::string options) {
  Question question;
  question.edns = true;
  question.options = std::move(options);
  return question;
}

std::string patched(std::string message, size_t at, char value) {
  message[at] = value;
  return message;
}

TEST_CASE("queries: a plain one is read, its name in lower case") {
  Question question;
  question.name = "WwW.Cdn.Example";
  const std::string message = wire(question);
  Query query;
  REQUIRE(parse(as_octets(message), query) == Fault::None);
  CHECK(query.id == 0x1234);
  CHECK(to_text(query.name()) == "www.cdn.example.");
  CHECK(as_text(query.question) == message.substr(12));  // as it was sent
  CHECK(query.type == 1);
  CHECK(query.klass == 1);
  CHECK(!query.edns);
  CHECK(query.udp_size == 512);
}

TEST_CASE("queries: EDNS says what the asker takes") {
  Question question = with_options(subnet_option("10.1.2.0/23") + option(10, "12345678"));
  question.udp_size = 4096;
  question.edns_flags = 0x8000;
  const std::string message = wire(question);
  Query query;
  REQUIRE(parse(as_octets(message), query) == Fault::None);
  CHECK(query.edns);
  CHECK(query.udp_size == 4096);
  CHECK(query.dnssec_ok);
  CHECK(!query.compact_ok);
  REQUIRE(query.subnet);
  CHECK(query.subnet->source_length == 23);
  CHECK(to_string(address_of(*query.subnet)) == "10.1.2.0");
  CHECK(as_text(query.cookie) == "12345678");
}

TEST_CASE("queries: less than 512 octets counts as 512") {
  Question question = with_options("");
  question.udp_size = 100;
  const std::string message = wire(question);
  Query query;
  REQUIRE(parse(as_octets(message), query) == Fault::None);
  CHECK(query.udp_size == 512);
}

TEST_CASE("queries: an IPv6 subnet") {
  const std::string message = wire(with_options(subnet_option("2001:db8:2::/48")));
  Query query;
  REQUIRE(parse(as_octets(message), query) == Fault::None);
  REQUIRE(query.subnet);
  CHECK(to_string(address_of(*query.subnet)) == "2001:db8:2::");
}

TEST_CASE("queries: what is wrong with a message is said") {
  const std::string plain = wire({});
  const std::string edns = wire(with_options(""));
  const std::string opt = edns.substr(plain.size());
  Question future = with_options("");
  future.version = 1;
  Question tail;
  tail.name = std::string(64, 'a');
  std::string pointer = plain.substr(0, 12) + std::string("\xc0\x0c\0\1\0\1", 6);
  std::string longest = plain.substr(0, 12);
  for (int i = 0; i < 128; ++i) longest += "\1a";
  longest += std::string("\0\0\1\0\1", 5);
  std::string two_opts = patched(edns + opt, 11, 2);
  std::string owned_opt = patched(plain, 11, 1) + std::string("\1a", 2) + opt;
  std::string cookie_only =
      edns.substr(0, 12) + wire(with_options(option(10, "12345678"))).substr(plain.size());
  struct Row {
    std::string what;
    std::string message;
    Fault want;
  };
  for (const Row& row :
       {Row{"nothing", "", Fault::Short},
        Row{"cut header", plain.substr(0, 11), Fault::Short},
        Row{"a response", patched(plain, 2, '\x81'), Fault::NotAQuery},
        Row{"NOTIFY", patched(plain, 2, '\x20'), Fault::Opcode},
        Row{"two questions", patched(plain, 5, 2), Fault::Counts},
        Row{"no question", patched(plain.substr(0, 12), 5, 0), Fault::Counts},
        Row{"an answer", patched(plain, 7, 1), Fault::Counts},
        Row{"cut name", plain.substr(0, 16), Fault::Question},
        Row{"cut type", plain.substr(0, plain.size() - 1), Fault::Question},
        Row{"pointer", pointer, Fault::Question},
        Row{"long label", wire(tail), Fault::Question},
        Row{"long name", longest, Fault::Question},
        Row{"trailing octet", plain + "x", Fault::Trailing},
        Row{"missing record", patched(plain, 11, 1), Fault::Record},
        Row{"cut record", edns.substr(0, edns.size() - 1), Fault::Record},
        Row{"two OPT", two_opts, Fault::Edns},
        Row{"OPT of a name", owned_opt, Fault::Edns},
        Row{"cut option", wire(with_options(std::string("\0\x0a\0", 3))), Fault::Edns},
        Row{"overrunning option", wire(with_options(option(10, "12345678").substr(0, 9))),
            Fault::Edns},
        Row{"EDNS 1", wire(future), Fault::EdnsVersion},
        Row{"subnet of family 3", wire(with_options(option(8, std::string("\0\3\0\0", 4)))),
            Fault::Subnet},
        Row{"subnet too long", wire(with_options(option(8, std::string("\0\1\x21\0aaaaa", 9)))),
            Fault::Subnet},
        Row{"subnet with a scope",
            wire(with_options(option(8, std::string("\0\1\x08\x08\x0a", 5)))), Fault::Subnet},
        Row{"subnet octet missing",
            wire(with_options(option(8, std::string("\0\1\x18\0\x0a\1", 6)))), Fault::Subnet},
        Row{"subnet octet too many",
            wire(with_options(option(8, std::string("\0\1\x08\0\x0a\1", 6)))), Fault::Subnet},
        Row{"subnet bit beyond", wire(with_options(option(8, std::string("\0\1\x07\0\x0b", 5)))),
            Fault::Subnet},
        Row{"subnet of nobody", wire(with_options(option(8, std::string("\0\0\0\0", 4)))),
            Fault::None},
        Row{"short cookie", wire(with_options(option(10, "1234567"))), Fault::BadCookie},
        Row{"cookie between", wire(with_options(option(10, "123456789012"))), Fault::BadCookie},
        Row{"long cookie", wire(with_options(option(10, std::string(41, 'c')))), Fault::BadCookie},
        Row{"both cookies", wire(with_options(option(10, std::string(24, 'c')))), Fault::None},
        Row{"cookie alone", patched(cookie_only, 5, 0), Fault::None},
        Row{"unknown option", wire(with_options(option(65001, "x"))), Fault::None}}) {
    CAPTURE(row.what);
    CHECK(fault_of(row.message) == row.want);
  }
}

TEST_CASE("queries: cut anywhere, or with any octet changed, nothing is read beyond the end") {
  const std::string whole =
      wire(with_options(subnet_option("10.1.2.0/24") + option(10, std::string(24, 'c'))));
  for (size_t size = 0; size < whole.size(); ++size) {
    const std::string cut = whole.substr(0, size);  // of its own, so that a sanitizer sees
    CHECK(fault_of(cut) != Fault::None);
  }
  for (size_t at = 0; at < whole.size(); ++at) {
    for (const char value : {'\0', '\x01', '\x3f', '\x40', '\x7f', '\xc0', '\xff'}) {
      fault_of(patched(whole, at, value));
    }
  }
}

}  // namespace
}  // namespace atl::dns
