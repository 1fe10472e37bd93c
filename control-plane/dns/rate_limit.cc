#include "control-plane/dns/rate_limit.h"

#include <algorithm>
#include <cstring>

namespace atl::dns {
namespace {

constexpr int64_t kSecond = 1'000'000'000;  // ns; how much may come at once
constexpr unsigned kNetworkV4 = 96 + 24;
constexpr unsigned kNetworkV6 = 56;

}  // namespace

RateLimiter::RateLimiter(uint32_t per_second, const SipKey& key)
    : interval_(per_second == 0 ? 0 : kSecond / per_second), key_(key) {
  if (interval_ != 0) sets_.resize(kSets);
}

RateLimiter::Verdict RateLimiter::judge(const geo::Address& client, uint64_t what, MonoTime now) {
  if (interval_ == 0) return Verdict::Send;
  const geo::Address network = masked(client, client.is_v4() ? kNetworkV4 : kNetworkV6);
  std::array<uint8_t, sizeof network.bytes + sizeof what> input;
  std::copy(network.bytes.begin(), network.bytes.end(), input.begin());
  std::memcpy(&input[network.bytes.size()], &what, sizeof what);
  const uint64_t who = siphash(key_, input);
  Set& set = sets_[who % kSets];
  auto account =
      std::find_if(set.begin(), set.end(), [&](const Account& a) { return a.who == who; });
  if (account == set.end()) {
    account = std::min_element(set.begin(), set.end(), [](const Account& a, const Account& b) {
      return a.paid_until < b.paid_until;
    });
    *account = {who, 0};
  }
  const int64_t time = now.time_since_epoch().count();
  const int64_t from = std::max(account->paid_until, time);
  if (from - time > kSecond - interval_) {
    slip_ = !slip_;
    return slip_ ? Verdict::Truncate : Verdict::Drop;
  }
  account->paid_until = from + interval_;
  return Verdict::Send;
}

}  // namespace atl::dns
