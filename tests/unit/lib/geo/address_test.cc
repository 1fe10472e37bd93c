#include "lib/geo/address.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace atl::geo {
namespace {

TEST_CASE("address: what is one, and how it is written") {
  struct Row {
    std::string_view text;
    const char* written;  // null: not an address
  };
  for (const Row& row :
       {Row{"192.0.2.1", "192.0.2.1"}, Row{"0.0.0.0", "0.0.0.0"}, Row{"::1", "::1"},
        Row{"2001:DB8:0:0::1", "2001:db8::1"}, Row{"::ffff:192.0.2.1", "192.0.2.1"},
        Row{"", nullptr}, Row{"192.0.2", nullptr}, Row{"192.0.2.256", nullptr},
        Row{"192.0.2.1 ", nullptr}, Row{" 192.0.2.1", nullptr}, Row{"192.0.2.1:80", nullptr},
        Row{"[::1]", nullptr}, Row{"::1%eth0", nullptr}, Row{":::", nullptr},
        Row{"1.2.3.4.5", nullptr}, Row{"0x7f.1", nullptr}, Row{"localhost", nullptr},
        Row{std::string_view("1.2.3.4\0", 8), nullptr},
        Row{"2001:0db8:0000:0000:0000:0000:0000:0000:0000:0000:0001", nullptr}}) {
    CAPTURE(row.text);
    const auto address = parse_address(row.text);
    REQUIRE(address.has_value() == (row.written != nullptr));
    if (address) CHECK(to_string(*address) == row.written);
  }
}

TEST_CASE("prefix: what is one, and how it is written") {
  struct Row {
    const char* text;
    const char* written;  // null: not a prefix
  };
  for (const Row& row :
       {Row{"10.0.0.0/8", "10.0.0.0/8"}, Row{"0.0.0.0/0", "0.0.0.0/0"},
        Row{"192.0.2.1", "192.0.2.1/32"}, Row{"2001:db8::/32", "2001:db8::/32"},
        Row{"::/0", "::/0"}, Row{"::1", "::1/128"}, Row{"10.0.0.1/8", nullptr},
        Row{"2001:db8::1/32", nullptr}, Row{"10.0.0.0/33", nullptr}, Row{"::/129", nullptr},
        Row{"10.0.0.0/", nullptr}, Row{"10.0.0.0/-1", nullptr}, Row{"10.0.0.0/+8", nullptr},
        Row{"10.0.0.0/8x", nullptr}, Row{"10.0.0.0/0008", nullptr}, Row{"/8", nullptr},
        Row{"10.0.0.0/8/8", nullptr}, Row{"::ffff:10.0.0.0/104", nullptr}, Row{"", nullptr}}) {
    CAPTURE(row.text);
    const auto prefix = parse_prefix(row.text);
    REQUIRE(prefix.has_value() == (row.written != nullptr));
    if (prefix) CHECK(to_string(*prefix) == row.written);
  }
}

TEST_CASE("prefix: contains its own addresses, at every length") {
  const Address inside = *parse_address("171.205.239.241");
  for (unsigned length = 0; length <= 32; ++length) {
    CAPTURE(length);
    const Prefix prefix{masked(inside, 96 + length), static_cast<uint8_t>(96 + length)};
    CHECK(prefix.contains(inside));
    if (length == 0) continue;
    Address outside = inside;  // differs in the last bit of the prefix
    outside.bytes[12 + (length - 1) / 8] ^= static_cast<uint8_t>(0x80 >> (length - 1) % 8);
    CHECK_FALSE(prefix.contains(outside));
  }
  CHECK_FALSE(parse_prefix("0.0.0.0/0")->contains(*parse_address("2001:db8::1")));
}

TEST_CASE("address: what the public network delivers to") {
  struct Row {
    const char* text;
    bool global;
  };
  for (const Row& row : {Row{"8.8.8.8", true},
                         Row{"9.255.255.255", true},
                         Row{"10.0.0.0", false},
                         Row{"11.0.0.0", true},
                         Row{"100.63.255.255", true},
                         Row{"100.64.0.0", false},
                         Row{"100.127.255.255", false},
                         Row{"127.0.0.1", false},
                         Row{"169.254.1.1", false},
                         Row{"172.15.255.255", true},
                         Row{"172.16.0.0", false},
                         Row{"172.32.0.0", true},
                         Row{"192.168.1.1", false},
                         Row{"192.0.2.7", false},
                         Row{"198.18.0.1", false},
                         Row{"198.51.100.1", false},
                         Row{"203.0.113.9", false},
                         Row{"223.255.255.255", true},
                         Row{"224.0.0.1", false},
                         Row{"255.255.255.255", false},
                         Row{"0.0.0.0", false},
                         Row{"::1", false},
                         Row{"::", false},
                         Row{"fe80::1", false},
                         Row{"fd00::1", false},
                         Row{"2001:db8::1", false},
                         Row{"2001:4860::1", true},
                         Row{"2a00::1", true},
                         Row{"4000::1", false}}) {
    CAPTURE(row.text);
    CHECK(is_global(*parse_address(row.text)) == row.global);
  }
}

TEST_CASE("addresses: what is said of being global holds for the whole scope") {
  struct Row {
    const char* text;
    unsigned bits;
  };
  for (const Row& row :
       {Row{"10.1.2.3", 96 + 8}, Row{"192.168.3.4", 96 + 16},
        Row{"192.0.3.1", 96 + 24},  // beside 192.0.2.0/24
        Row{"8.8.8.8", 96 + 7},     // 10.0.0.0/8 begins two blocks on
        Row{"2001:db8::1", 32}, Row{"2001:db9::1", 32}, Row{"2a00::1", 5}, Row{"fe80::1", 1}}) {
    CAPTURE(row.text);
    const Address address = *parse_address(row.text);
    CHECK(global_scope(address) == row.bits);
    Address last = address;
    for (unsigned bit = row.bits; bit < 128; ++bit) {
      last.bytes[bit / 8] = static_cast<uint8_t>(last.bytes[bit / 8] | (0x80 >> bit % 8));
    }
    CHECK(is_global(masked(address, row.bits)) == is_global(address));
    CHECK(is_global(last) == is_global(address));
  }
}

}  // namespace
}  // namespace atl::geo
