#pragma once

#include <memory>
#include <unordered_map>

#include "edge/frontend/frontend.h"
#include "lib/net/loop.h"
#include "lib/rpc/exchange_handler.h"

namespace atl::edge {

class PeerExchange;

// Where the requests of other edges come to a worker, and what is in progress of them.
class PeerDoor {
 public:
  // Both outlive it. Made and destroyed while the loop does not run.
  PeerDoor(net::Loop& loop, Frontend& frontend);
  ~PeerDoor();
  PeerDoor(const PeerDoor&) = delete;
  PeerDoor& operator=(const PeerDoor&) = delete;

  // Any thread. The frontend answers, on the worker's loop. What is returned hears from the
  // exchange's other end.
  std::shared_ptr<rpc::ExchangeHandler> enter(std::shared_ptr<const rpc::OriginRequest> request,
                                              std::shared_ptr<rpc::ExchangeResponder> responder);

  // Loop thread.
  size_t size() const { return exchanges_.size(); }

 private:
  friend class PeerExchange;
  void remove(PeerExchange& exchange);

  net::Loop& loop_;
  Frontend& frontend_;
  std::unordered_map<PeerExchange*, std::unique_ptr<PeerExchange>> exchanges_;
};

}  // namespace atl::edge
