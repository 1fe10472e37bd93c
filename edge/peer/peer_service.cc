#include "edge/peer/peer_service.h"

#include <utility>

namespace atl::edge {
namespace {

constexpr std::string_view kSource = "peer";

}  // namespace

const char* PeerService::find_obstacle(const rpc::OriginRequest& request) const {
  if (draining_) return "this node is draining";
  if (version_ == 0) return "this node has no configuration yet";
  if (request.configuration > version_) return "this node's configuration is older";
  if (request.purge > purges_.done) return "this node has not carried out every purge yet";
  return nullptr;
}

std::shared_ptr<rpc::ExchangeHandler> PeerService::open(
    std::shared_ptr<const rpc::OriginRequest> request,
    std::shared_ptr<rpc::ExchangeResponder> responder) {
  if (request->source != kSource) {
    responder->fail({rpc::FailureReason::UnknownSource, false, "an edge has no such source"});
    return nullptr;
  }
  if (const char* obstacle = find_obstacle(*request); obstacle != nullptr) {
    responder->fail({rpc::FailureReason::Overloaded, false, obstacle});
    return nullptr;
  }
  responder->request_sent();
  return doors_[next_++ % doors_.size()]->enter(std::move(request), std::move(responder));
}

std::vector<rpc::SourceStatus> PeerService::describe() {
  const char* obstacle = find_obstacle({});
  return {{.name = std::string(kSource),
           .type = "peer",
           .ready = obstacle == nullptr,
           .detail = obstacle == nullptr ? "" : obstacle}};
}

}  // namespace atl::edge
