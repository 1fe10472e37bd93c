// The pure parts of the front door.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "control-plane/frontdoor/client.h"
#include "control-plane/frontdoor/query.h"

namespace atl::control {
namespace {

TEST_CASE("query: parameters are found and decoded") {
  struct Row {
    const char* query;
    const char* value;  // of "ip"; null: none
  };
  for (const Row& row :
       {Row{"ip=1.2.3.4", "1.2.3.4"}, Row{"a=b&ip=x&ip=y", "x"}, Row{"ip=", ""}, Row{"ip", ""},
        Row{"", nullptr}, Row{"xip=1", nullptr}, Row{"ipx=1", nullptr}, Row{"&&ip=1&&", "1"},
        Row{"ip=%3a%3A1", "::1"}, Row{"ip=a+b", "a b"}, Row{"ip=%", nullptr}, Row{"ip=%4", nullptr},
        Row{"ip=%zz", nullptr}, Row{"ip=a=b", "a=b"}}) {
    CAPTURE(row.query);
    const auto value = parameter(row.query, "ip");
    REQUIRE(value.has_value() == (row.value != nullptr));
    if (value) CHECK(*value == row.value);
  }
  CHECK(split_target("/a?b?c").path == "/a");
  CHECK(split_target("/a?b?c").query == "b?c");
  CHECK(split_target("/a").query.empty());
}

TEST_CASE("query: the host of an authority") {
  struct Row {
    const char* authority;
    const char* host;
  };
  for (const Row& row :
       {Row{"A.Example:80", "a.example"}, Row{"a.example.", "a.example"}, Row{"[::1]:80", "::1"},
        Row{"[::1", ""}, Row{"", ""}, Row{":80", ""}, Row{"127.0.0.1:8000", "127.0.0.1"}}) {
    CAPTURE(row.authority);
    CHECK(host_of(row.authority) == row.host);
  }
}

TEST_CASE("client: whose address counts") {
  const std::vector<geo::Prefix> trusted{*geo::parse_prefix("127.0.0.0/8"),
                                         *geo::parse_prefix("10.0.0.0/8")};
  struct Row {
    const char* peer;
    std::vector<http::Field> fields;
    bool allow_override;
    const char* client;  // null: refused
    const char* source;
  };
  const Row rows[] = {
      {"192.0.2.1", {}, false, "192.0.2.1", "socket"},
      {"192.0.2.1", {{"X-Forwarded-For", "198.51.100.7"}}, false, "192.0.2.1", "socket"},
      {"127.0.0.1",
       {{"X-Forwarded-For", "198.51.100.7"}},
       false,
       "198.51.100.7",
       "x-forwarded-for"},
      {"127.0.0.1",
       {{"x-forwarded-for", "6.6.6.6, 198.51.100.7"}},
       false,
       "198.51.100.7",
       "x-forwarded-for"},
      {"127.0.0.1",
       {{"X-Forwarded-For", "198.51.100.7, 10.1.1.1"}},
       false,
       "198.51.100.7",
       "x-forwarded-for"},
      {"127.0.0.1",
       {{"X-Forwarded-For", "198.51.100.7"}, {"X-Forwarded-For", "10.1.1.1"}},
       false,
       "198.51.100.7",
       "x-forwarded-for"},
      {"127.0.0.1",
       {{"X-Forwarded-For", "10.9.9.9, 10.1.1.1"}},
       false,
       "10.9.9.9",
       "x-forwarded-for"},
      {"127.0.0.1", {{"X-Forwarded-For", "junk, 10.1.1.1"}}, false, "10.1.1.1", "x-forwarded-for"},
      {"127.0.0.1", {{"X-Forwarded-For", "unknown"}}, false, "127.0.0.1", "socket"},
      {"127.0.0.1", {{"X-Forwarded-For", ""}}, false, "127.0.0.1", "socket"},
      {"127.0.0.1",
       {{"X-Forwarded-For", "198.51.100.7:4711"}},
       false,
       "198.51.100.7",
       "x-forwarded-for"},
      {"127.0.0.1",
       {{"X-Forwarded-For", "[2001:db8::1]:80"}},
       false,
       "2001:db8::1",
       "x-forwarded-for"},
      {"127.0.0.1", {{"X-Forwarded-For", "2001:db8::1"}}, false, "2001:db8::1", "x-forwarded-for"},
      {"192.0.2.1", {{"X-Atoll-Client-IP", "8.8.8.8"}}, false, "192.0.2.1", "socket"},
      {"192.0.2.1", {{"X-Atoll-Client-IP", "8.8.8.8"}}, true, "8.8.8.8", "x-atoll-client-ip"},
      {"192.0.2.1", {{"X-Atoll-Client-IP", "nobody"}}, true, nullptr, ""},
      {"", {}, false, nullptr, ""},
  };
  for (size_t i = 0; i < std::size(rows); ++i) {
    CAPTURE(i);
    const Row& row = rows[i];
    const auto client = find_client(row.peer, row.fields, {trusted, row.allow_override});
    REQUIRE(client.has_value() == (row.client != nullptr));
    if (!client) continue;
    CHECK(to_string(client->address) == row.client);
    CHECK(client->source == row.source);
  }
}

TEST_CASE("client: TLS is believed of a trusted proxy only") {
  const std::vector<geo::Prefix> proxies{*geo::parse_prefix("127.0.0.0/8")};
  const ClientRules rules{proxies};
  const std::vector<http::Field> https{{"X-Forwarded-Proto", "HTTPS"}};
  const std::vector<http::Field> plain{{"X-Forwarded-Proto", "http"}};
  CHECK(spoke_tls("127.0.0.1", https, rules));
  CHECK_FALSE(spoke_tls("192.0.2.1", https, rules));
  CHECK_FALSE(spoke_tls("127.0.0.1", plain, rules));
  CHECK_FALSE(spoke_tls("127.0.0.1", {}, rules));
  CHECK_FALSE(spoke_tls("", https, rules));
}

}  // namespace
}  // namespace atl::control
