#include "edge/policy/signed_url.h"

#include <doctest/doctest.h>

namespace atl::policy {
namespace {

constexpr WallTime kNow{std::chrono::milliseconds{1'700'000'000'000}};

std::vector<SigningKey> keys() {
  return {{"new", crypto::HmacSha256("a secret of many bytes, the new one")},
          {"old", crypto::HmacSha256("a secret of many bytes, the old one")}};
}

std::string base64url(const crypto::Digest& digest) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (const uint8_t byte : digest) {
    bits = bits << 8 | byte;
    for (count += 8; count >= 6; count -= 6) out.push_back(kDigits[bits >> (count - 6) & 63]);
  }
  out.push_back(kDigits[bits << (6 - count) & 63]);
  return out;
}

std::string signed_with(const SigningKey& key, const std::string& message) {
  return message + "&Signature=" + base64url(key.hmac.of(message));
}

std::string url(std::string_view target, std::string_view id, int64_t expires) {
  for (const SigningKey& key : keys()) {
    if (key.id != id) continue;
    std::string message(target);
    message += target.find('?') == std::string_view::npos ? '?' : '&';
    message += "Expires=" + std::to_string(expires) + "&Key-Id=" + std::string(id);
    return signed_with(key, message);
  }
  return {};
}

SignatureVerdict verdict(std::string_view target) {
  return check_signature(target, keys(), kNow).verdict;
}

TEST_CASE("signed URL: a good one is good, and what follows is the target without it") {
  for (const char* target : {"/a", "/a?b=1", "/a?b=1&Expires=9&Signature=x", "/a?", "/a&b",
                             "/a?b?c", "/a?b?Expires=1", "/%61//../?&&"}) {
    for (const char* id : {"new", "old"}) {
      CAPTURE(target);
      const std::string signed_url = url(target, id, 1'700'000'001);
      const SignatureCheck check = check_signature(signed_url, keys(), kNow);
      CHECK(check.verdict == SignatureVerdict::Good);
      CHECK(check.target == target);
    }
  }
}

TEST_CASE("signed URL: it is good until the second it names") {
  CHECK(verdict(url("/a", "new", 1'700'000'001)) == SignatureVerdict::Good);
  CHECK(verdict(url("/a", "new", 1'700'000'000)) == SignatureVerdict::Expired);
  CHECK(verdict(url("/a", "new", 1)) == SignatureVerdict::Expired);
  CHECK(verdict(url("/a", "new", 999'999'999'999)) == SignatureVerdict::Good);
  CHECK(verdict(url("/a", "new", 1'000'000'000'000)) == SignatureVerdict::Malformed);
}

TEST_CASE("signed URL: what an attacker may send") {
  const std::string good = url("/a?b=1", "new", 1'700'000'001);
  const std::string signature = good.substr(good.rfind('=') + 1);
  const SigningKey key = keys()[0];
  struct Row {
    std::string target;
    SignatureVerdict want;
  };
  using enum SignatureVerdict;
  for (const Row& row : {
           Row{"/a", Missing},
           Row{"/a?b=1", Missing},
           Row{"", Missing},
           Row{"/a?b=1&signature=" + signature, Missing},
           Row{good + "&c=1", Missing},
           Row{"/a&Expires=1700000001&Key-Id=new&Signature=" + signature, Missing},
           Row{"/b" + good.substr(2), Wrong},
           Row{"/a?b=2" + good.substr(6), Wrong},
           Row{"/a?c=1&" + good.substr(3), Wrong},
           Row{"/%61" + good.substr(2), Wrong},
           Row{"/a?b=1&Expires=1700000002&Key-Id=new&Signature=" + signature, Wrong},
           Row{"/a?b=1&Expires=1700000001&Key-Id=old&Signature=" + signature, Wrong},
           Row{"/a?b=1&Expires=1700000001&Key-Id=none&Signature=" + signature, UnknownKey},
           Row{"/a?b=1&Expires=1700000001&Key-Id=&Signature=" + signature, Malformed},
           Row{"/a?b=1&Key-Id=new&Expires=1700000001&Signature=" + signature, Malformed},
           Row{"/a?Signature=" + signature, Malformed},
           Row{"/a?Key-Id=new&Signature=" + signature, Malformed},
           Row{"/a?b=1&Expires=1700000001&Key-Id=new&Signature=", Malformed},
           Row{good + "A", Malformed},
           Row{good + "=", Malformed},
           Row{good.substr(0, good.size() - 1), Malformed},
           // Another spelling of the same 32 bytes.
           Row{good.substr(0, good.size() - 1) + static_cast<char>(good.back() + 1), Malformed},
           Row{signed_with(key, "/a?Expires=01700000001&Key-Id=new"), Malformed},
           Row{signed_with(key, "/a?Expires=+1700000001&Key-Id=new"), Malformed},
           Row{signed_with(key, "/a?Expires=1700000001.0&Key-Id=new"), Malformed},
           Row{signed_with(key, "/a?Expires=-1&Key-Id=new"), Malformed},
           Row{signed_with(key, "/a?Expires=&Key-Id=new"), Malformed},
           Row{signed_with(key, "/a?Key-Id=new"), Malformed},
       }) {
    CAPTURE(row.target);
    CHECK(verdict(row.target) == row.want);
  }
  CHECK(check_signature(good, {}, kNow).verdict == UnknownKey);
}

TEST_CASE("signed URL: a key that is taken out is one no more") {
  const std::string old = url("/a", "old", 1'700'000'001);
  std::vector<SigningKey> rotated = keys();
  rotated.pop_back();
  CHECK(check_signature(old, keys(), kNow).verdict == SignatureVerdict::Good);
  CHECK(check_signature(old, rotated, kNow).verdict == SignatureVerdict::UnknownKey);
}

TEST_CASE("signed URL: logs do not get the signature") {
  CHECK(without_signature("/a?b=1") == "/a?b=1");
  CHECK(without_signature("/a?b=1&Signature=abc") == "/a?b=1&Signature=");
  CHECK(without_signature("/a?Signature=abc&b=1") == "/a?Signature=");
}

}  // namespace
}  // namespace atl::policy
