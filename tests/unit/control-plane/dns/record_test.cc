#include "control-plane/dns/record.h"

#include <doctest/doctest.h>

#include <string>

#include "control-plane/dns/name.h"

namespace atl::dns {
namespace {

TEST_CASE("records: data from text") {
  using namespace std::string_literals;
  struct Row {
    Type type;
    std::string value;
    std::string want;  // empty: refused
  };
  const std::string long_text(300, 'x');
  for (const Row& row :
       {Row{Type::A, "192.0.2.1", "\xc0\0\2\1"s}, Row{Type::A, "2001:db8::1", ""},
        Row{Type::A, "192.0.2", ""}, Row{Type::Aaaa, "::1", std::string(15, '\0') + '\1'},
        Row{Type::Aaaa, "192.0.2.1", ""}, Row{Type::Cname, "Www.Example", "\3www\7example\0"s},
        Row{Type::Cname, "a..b", ""}, Row{Type::Txt, "hello", "\5hello"s},
        Row{Type::Txt, "", "\0"s},
        Row{Type::Txt, long_text, "\xff"s + long_text.substr(45) + '\x2d' + long_text.substr(255)},
        Row{Type::Txt, std::string(4097, 'x'), ""},
        Row{Type::Mx, "10 Mail.example.", "\0\x0a\4mail\7example\0"s}, Row{Type::Mx, "mail", ""},
        Row{Type::Mx, "10 a. ; comment", ""}, Row{Type::Mx, "10 (\n a.)", ""},
        Row{Type::Srv, "1 2 80 host.example.", "\0\1\0\2\0\x50\4host\7example\0"s},
        Row{Type::Caa, "0 issue \"ca.example\"", "\0\5issueca.example"s}, Row{Type::Caa, "0", ""},
        Row{Type::Soa, "anything", ""}}) {
    CAPTURE(row.value);
    const auto data = parse_data(row.type, row.value);
    CHECK(data.has_value() == !row.want.empty());
    if (data) CHECK(*data == row.want);
  }
}

TEST_CASE("records: types that can be configured") {
  CHECK(parse_type("AAAA") == Type::Aaaa);
  CHECK(!parse_type("a"));
  CHECK(!parse_type("NS"));
  CHECK(!parse_type("SOA"));
}

}  // namespace
}  // namespace atl::dns
