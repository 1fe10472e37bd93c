#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "edge/frontend/frontend.h"
#include "lib/net/loop.h"
#include "lib/rpc/exchange_handler.h"
#include "lib/server/exchange.h"

namespace atl::edge {

class PeerDoor;

// One request of another edge: for the frontend it is a client's exchange, towards the other edge
// it answers as an origin would. Owned by its worker's door; loop thread.
class PeerExchange final : public net::Disposable, public server::Responder {
 public:
  // What the far end holds; it outlives the exchange.
  struct Link {
    PeerExchange* exchange = nullptr;  // loop thread only
  };

  PeerExchange(PeerDoor& door, std::shared_ptr<Link> link,
               std::shared_ptr<const rpc::OriginRequest> request,
               std::shared_ptr<rpc::ExchangeResponder> out);
  ~PeerExchange() override;

  void begin_with(Frontend& frontend);

  // From the far end.
  void on_writable();
  void on_body(std::string_view piece);
  void on_body_end(std::string_view trailers);
  void on_cancel();
  // The worker stops.
  void shut_down();

  // server::Responder
  void inform(std::string_view lines) override;
  void respond(std::span<const std::string_view> head, std::span<const std::string_view> body,
               server::Framing framing, Holder holder) override;
  void begin(std::span<const std::string_view> head, server::Framing framing) override;
  bool write(std::string_view piece, Holder holder) override;
  void finish(std::string_view trailers) override;
  void fail() override;
  void read_body() override;
  void pause_body() override { reading_ = false; }
  std::string_view client_address() const override { return request_->client_address; }

 private:
  bool bodiless(const server::Framing& framing) const;
  bool send_head(std::span<const std::string_view> pieces, const server::Framing& framing,
                 std::optional<uint64_t> length);
  void send_stored();
  void ask_for_body();
  void abort(server::Abort why);
  void leave();

  PeerDoor& door_;
  const std::shared_ptr<Link> link_;
  const std::shared_ptr<const rpc::OriginRequest> request_;
  const std::shared_ptr<rpc::ExchangeResponder> out_;
  std::vector<http::Field> fields_;
  http::RequestHead head_;
  std::unique_ptr<server::Handler> handler_;
  // Of respond(): what has not been sent yet, and what keeps it.
  std::deque<std::string_view> stored_;
  Holder holder_;
  bool answered_ = false;  // the frontend has said everything
  bool over_ = false;      // so have we; only to be destroyed
  bool reading_ = false;   // the frontend wants the request body
  bool asked_ = false;     // a piece of it is on its way
};

}  // namespace atl::edge
