#include "control-plane/dns/cookie.h"

#include <algorithm>
#include <cstring>

namespace atl::dns {
namespace {

constexpr size_t kBeforeHash = 16;  // client cookie, version, reserved, time
constexpr int32_t kOldest = 3600;   // seconds, section 4.3
constexpr int32_t kRenewed = 1800;
constexpr int32_t kFuture = 300;

uint64_t hash_of(const SipKey& secret, const uint8_t* begin, const geo::Address& client) {
  std::array<uint8_t, kBeforeHash + 16> input{};
  std::copy_n(begin, kBeforeHash, input.begin());
  const size_t from = client.is_v4() ? 12 : 0;
  const size_t size = client.bytes.size() - from;
  std::copy_n(client.bytes.begin() + static_cast<std::ptrdiff_t>(from), size,
              input.begin() + kBeforeHash);
  return siphash(secret, Octets(input).first(kBeforeHash + size));
}

}  // namespace

CookieJudgement judge_cookie(const SipKey& secret, Octets cookie, const geo::Address& client,
                             uint32_t now) {
  CookieJudgement judgement;
  Cookie& answer = judgement.answer;
  if (cookie.size() == kWholeCookie && cookie[kClientCookie] == 1) {
    std::copy(cookie.begin(), cookie.end(), answer.begin());
    uint64_t shown;
    std::memcpy(&shown, &answer[kBeforeHash], sizeof shown);
    // Serial arithmetic (RFC 1982): the clock of 32 bits may wrap.
    const auto age = static_cast<int32_t>(now - read32(&answer[12]));
    judgement.known =
        age <= kOldest && age >= -kFuture && shown == hash_of(secret, answer.data(), client);
    if (judgement.known && age <= kRenewed) return judgement;
  }
  std::copy_n(cookie.begin(), kClientCookie, answer.begin());
  const std::array<uint8_t, 8> ours{1,
                                    0,
                                    0,
                                    0,
                                    static_cast<uint8_t>(now >> 24),
                                    static_cast<uint8_t>(now >> 16),
                                    static_cast<uint8_t>(now >> 8),
                                    static_cast<uint8_t>(now)};
  std::copy(ours.begin(), ours.end(), answer.begin() + kClientCookie);
  const uint64_t hash = hash_of(secret, answer.data(), client);
  std::memcpy(&answer[kBeforeHash], &hash, sizeof hash);
  return judgement;
}

}  // namespace atl::dns
