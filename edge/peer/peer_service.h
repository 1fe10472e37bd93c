#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "edge/fetch/purge_marks.h"
#include "edge/peer/peer_door.h"
#include "lib/rpc/exchange_handler.h"

namespace atl::edge {

// The edge as an origin for other edges (docs/tiers.md): what it has or can fetch. A node that is
// not ready, or behind the one that asks, refuses before it has looked at the request, and the
// other goes on to the next that may answer.
class PeerService final : public rpc::ExchangeService {
 public:
  // Doors: one for each worker, at least one. Everything outlives the server that serves this.
  PeerService(std::vector<PeerDoor*> doors, const PurgeMarks& purges)
      : doors_(std::move(doors)), purges_(purges) {}

  // Any thread. 0: not ready. `version`: of the routes that every door has been given.
  void set_version(uint64_t version) { version_ = version; }
  void set_draining(bool draining) { draining_ = draining; }

  std::shared_ptr<rpc::ExchangeHandler> open(
      std::shared_ptr<const rpc::OriginRequest> request,
      std::shared_ptr<rpc::ExchangeResponder> responder) override;
  std::vector<rpc::SourceStatus> describe() override;

 private:
  // Null: it may be answered.
  const char* find_obstacle(const rpc::OriginRequest& request) const;

  const std::vector<PeerDoor*> doors_;
  const PurgeMarks& purges_;
  std::atomic<uint64_t> version_{0};
  std::atomic<bool> draining_{false};
  std::atomic<uint32_t> next_{0};
};

}  // namespace atl::edge
