#include "control-plane/access/failures.h"

namespace atl::control {
namespace {

constexpr unsigned kV6Network = 64;
constexpr unsigned kWhole = 128;

}  // namespace

Failures::Verdict Failures::count(const geo::Address& client, MonoTime now) {
  if (now - window_ >= kWindow) {
    window_ = now;
    reported_ = 0;
  }
  const geo::Address network = masked(client, client.is_v4() ? kWhole : kV6Network);
  auto found = clients_.find(network);
  if (found == clients_.end()) {
    if (clients_.size() >= kMostClients) make_room(now);
    found = clients_.emplace(network, Client{now}).first;
  }
  Client& who = found->second;
  if (now - who.begun >= kWindow) who = {now};
  ++who.failures;
  Verdict verdict{who.failures == 1, who.failures > kFree};
  if (verdict.report && ++reported_ > kMostReported) verdict.report = false;
  return verdict;
}

void Failures::make_room(MonoTime now) {
  std::erase_if(clients_, [&](const auto& one) { return now - one.second.begun >= kWindow; });
  if (clients_.size() >= kMostClients) clients_.erase(clients_.begin());
}

}  // namespace atl::control
