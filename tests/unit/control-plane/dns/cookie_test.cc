#include "control-plane/dns/cookie.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace atl::dns {
namespace {

std::vector<uint8_t> octets(std::string_view hex) {
  std::vector<uint8_t> out;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    out.push_back(static_cast<uint8_t>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return out;
}

SipKey key(std::string_view hex) {
  SipKey out{};
  const auto bytes = octets(hex);
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

geo::Address address(const char* text) { return *geo::parse_address(text); }

TEST_CASE("siphash: the vector of its authors") {
  SipKey counting{};
  std::array<uint8_t, 15> message{};
  for (uint8_t i = 0; i < 16; ++i) counting[i] = i;
  for (uint8_t i = 0; i < 15; ++i) message[i] = i;
  CHECK(siphash(counting, message) == 0xa129ca6149be45e5);
}

TEST_CASE("cookies: those of RFC 9018, appendix A") {
  const SipKey secret = key("e5e973e5a6b2a43f48e7dc849e37bfcf");
  const geo::Address client = address("198.51.100.100");
  const auto bare = octets("2464c4abcf10c957");
  const auto whole = octets("2464c4abcf10c957010000005cf79f111f8130c3eee29480");
  const CookieJudgement made = judge_cookie(secret, bare, client, 1559731985);
  CHECK(!made.known);
  CHECK(std::equal(whole.begin(), whole.end(), made.answer.begin()));
  const CookieJudgement known = judge_cookie(secret, whole, client, 1559731985 + 60);
  CHECK(known.known);
  CHECK(std::equal(whole.begin(), whole.end(), known.answer.begin()));
}

TEST_CASE(
    "cookies: known for an hour, renewed after half of it, to the address they were given to") {
  const SipKey secret = key("000102030405060708090a0b0c0d0e0f");
  const geo::Address client = address("2001:db8::1");
  const uint32_t made_at = 4'294'967'000;  // the clock wraps soon after
  const Cookie cookie = judge_cookie(secret, octets("0011223344556677"), client, made_at).answer;
  struct Row {
    int64_t later;
    const char* client;
    bool known;
    bool renewed;
  };
  for (const Row& row :
       {Row{0, "2001:db8::1", true, false}, Row{1800, "2001:db8::1", true, false},
        Row{1801, "2001:db8::1", true, true}, Row{3600, "2001:db8::1", true, true},
        Row{3601, "2001:db8::1", false, true}, Row{-300, "2001:db8::1", true, false},
        Row{-301, "2001:db8::1", false, true}, Row{0, "2001:db8::2", false, true}}) {
    CAPTURE(row.later);
    const auto now = static_cast<uint32_t>(made_at + row.later);
    const CookieJudgement judged = judge_cookie(secret, cookie, address(row.client), now);
    CHECK(judged.known == row.known);
    CHECK((judged.answer != cookie) == row.renewed);
  }
  for (size_t i = 0; i < cookie.size(); ++i) {
    Cookie forged = cookie;
    forged[i] ^= 1;
    CHECK(!judge_cookie(secret, forged, client, made_at).known);
  }
}

}  // namespace
}  // namespace atl::dns
