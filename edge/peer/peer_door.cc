#include "edge/peer/peer_door.h"

#include <utility>

#include "edge/peer/peer_exchange.h"

namespace atl::edge {
namespace {

// The far end's ears: everything it hears goes to the loop, where the exchange may be over already.
class PeerLink final : public rpc::ExchangeHandler,
                       public PeerExchange::Link,
                       public std::enable_shared_from_this<PeerLink> {
 public:
  explicit PeerLink(net::Loop& loop) : loop_(loop) {}

  void on_writable() override {
    tell([](PeerExchange& e) { e.on_writable(); });
  }
  void on_body(std::string piece) override {
    tell([piece = std::move(piece)](PeerExchange& e) { e.on_body(piece); });
  }
  void on_body_end(std::string trailers) override {
    tell([trailers = std::move(trailers)](PeerExchange& e) { e.on_body_end(trailers); });
  }
  void on_cancel() override {
    tell([](PeerExchange& e) { e.on_cancel(); });
  }

 private:
  template <class What>
  void tell(What what) {
    loop_.post([self = shared_from_this(), what = std::move(what)]() mutable {
      if (self->exchange != nullptr) what(*self->exchange);
    });
  }

  net::Loop& loop_;
};

}  // namespace

PeerDoor::PeerDoor(net::Loop& loop, Frontend& frontend) : loop_(loop), frontend_(frontend) {}

PeerDoor::~PeerDoor() {
  while (!exchanges_.empty()) exchanges_.begin()->second->shut_down();
}

std::shared_ptr<rpc::ExchangeHandler> PeerDoor::enter(
    std::shared_ptr<const rpc::OriginRequest> request,
    std::shared_ptr<rpc::ExchangeResponder> responder) {
  auto link = std::make_shared<PeerLink>(loop_);
  loop_.post(
      [this, link, request = std::move(request), responder = std::move(responder)]() mutable {
        auto made =
            std::make_unique<PeerExchange>(*this, link, std::move(request), std::move(responder));
        PeerExchange& exchange = *made;
        exchanges_.emplace(&exchange, std::move(made));
        exchange.begin_with(frontend_);
      });
  return link;
}

void PeerDoor::remove(PeerExchange& exchange) {
  const auto found = exchanges_.find(&exchange);
  // It is removed from inside its own callbacks.
  loop_.dispose(std::move(found->second));
  exchanges_.erase(found);
}

}  // namespace atl::edge
