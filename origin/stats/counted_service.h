#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/rpc/exchange_handler.h"
#include "origin/stats/counters.h"

namespace atl::origin {

// Counts what goes through a service, by the source that edges ask for. Any thread.
class CountedService final : public rpc::ExchangeService {
 public:
  // Both outlive it, and it every exchange. `inner` has all of its sources.
  CountedService(rpc::ExchangeService& inner, const Clock& clock);

  std::shared_ptr<rpc::ExchangeHandler> open(
      std::shared_ptr<const rpc::OriginRequest> request,
      std::shared_ptr<rpc::ExchangeResponder> responder) override;
  std::vector<rpc::SourceStatus> describe() override { return inner_.describe(); }

  const std::map<std::string, SourceCounters>& sources() const { return sources_; }
  // Exchanges for sources that are not there.
  uint64_t unknown() const { return unknown_.load(std::memory_order_relaxed); }

 private:
  rpc::ExchangeService& inner_;
  const Clock& clock_;
  std::map<std::string, SourceCounters> sources_;  // its keys are constant
  std::atomic<uint64_t> unknown_{0};
};

}  // namespace atl::origin
