#include "edge/peer/peer_exchange.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "edge/peer/peer_door.h"
#include "lib/http/field_block.h"

namespace atl::edge {
namespace {

constexpr size_t kPiece = size_t{256}
                          << 10;  // largest that goes out at once, see ExchangeResponder

// "HTTP/1.1 200 OK\r\nName: value\r\n..." taken apart; status 0 when it is nothing of the kind.
struct HeadText {
  uint16_t status = 0;
  std::string_view reason;
  std::string_view fields;
};

HeadText take_apart(std::string_view text) {
  constexpr size_t kStatus = 9;  // behind "HTTP/1.1 "
  const size_t end = text.find("\r\n");
  HeadText head;
  if (end == std::string_view::npos || end < kStatus + 3) return head;
  const std::string_view line = text.substr(0, end);
  std::from_chars(line.data() + kStatus, line.data() + kStatus + 3, head.status);
  if (line.size() > kStatus + 4) head.reason = line.substr(kStatus + 4);
  head.fields = text.substr(end + 2);
  return head;
}

}  // namespace

PeerExchange::PeerExchange(PeerDoor& door, std::shared_ptr<Link> link,
                           std::shared_ptr<const rpc::OriginRequest> request,
                           std::shared_ptr<rpc::ExchangeResponder> out)
    : door_(door), link_(std::move(link)), request_(std::move(request)), out_(std::move(out)) {
  link_->exchange = this;
}

PeerExchange::~PeerExchange() { link_->exchange = nullptr; }

void PeerExchange::begin_with(Frontend& frontend) {
  if (!http::split_field_block(request_->fields, fields_)) {
    out_->fail({rpc::FailureReason::BadRequest, false, "malformed fields in the request"});
    return leave();
  }
  head_.method = request_->method;
  head_.target = request_->target;
  head_.path_and_query = request_->target;
  head_.authority = request_->authority;
  head_.scheme = request_->scheme;
  head_.fields = fields_;
  head_.chunked = !request_->body_length.has_value();
  head_.body_length = request_->body_length;
  handler_ = frontend.on_peer_request(head_, *this);
}

// ---- From the far end
// ----------------------------------------------------------------------------

void PeerExchange::on_writable() {
  if (over_) return;
  if (answered_) return send_stored();
  if (handler_ != nullptr) handler_->on_writable();
}

void PeerExchange::on_body(std::string_view piece) {
  asked_ = false;
  if (answered_ || handler_ == nullptr) return;
  handler_->on_body(piece);
  if (reading_ && !answered_) ask_for_body();
}

void PeerExchange::on_body_end(std::string_view trailers) {
  asked_ = false;
  reading_ = false;
  if (!answered_ && handler_ != nullptr) handler_->on_body_end(trailers);
}

void PeerExchange::on_cancel() {
  if (!over_) abort(server::Abort::ClientGone);
}

void PeerExchange::shut_down() {
  out_->fail({rpc::FailureReason::Reset, true, "this node stops"});
  abort(server::Abort::Shutdown);
}

void PeerExchange::abort(server::Abort why) {
  if (!std::exchange(answered_, true) && handler_ != nullptr) handler_->on_abort(why);
  leave();
}

void PeerExchange::leave() {
  if (std::exchange(over_, true)) return;
  answered_ = true;
  stored_.clear();
  door_.remove(*this);
}

// ---- The answer
// ----------------------------------------------------------------------------------

void PeerExchange::inform(std::string_view lines) {
  const HeadText head = take_apart(lines);
  if (!answered_ && head.status != 0) out_->inform(head.status, head.fields);
}

bool PeerExchange::bodiless(const server::Framing& framing) const {
  return framing.bodiless || head_.method == "HEAD";
}

// The connection of an ordinary client would add Content-Length; here only an answer without its
// body needs to say what the length would be.
bool PeerExchange::send_head(std::span<const std::string_view> pieces,
                             const server::Framing& framing, std::optional<uint64_t> length) {
  std::string text;
  for (const std::string_view piece : pieces) text += piece;
  const HeadText head = take_apart(text);
  rpc::OriginResponse response{.status = head.status,
                               .reason = std::string(head.reason),
                               .fields = std::string(head.fields),
                               .body_length = length,
                               .answered_by = {}};
  if (bodiless(framing)) {
    response.body_length = 0;
    if (framing.length && head.status != 204 && head.status != 304) {
      http::append_field(response.fields, "Content-Length", std::to_string(*framing.length));
    }
  }
  return out_->head(std::move(response));
}

void PeerExchange::respond(std::span<const std::string_view> head,
                           std::span<const std::string_view> body, server::Framing framing,
                           Holder holder) {
  if (std::exchange(answered_, true)) return;
  uint64_t size = 0;
  for (const std::string_view piece : body) size += piece.size();
  const bool wanted = send_head(head, framing, size);
  if (!bodiless(framing)) {
    stored_.assign(body.begin(), body.end());
    holder_ = std::move(holder);
  }
  if (wanted || stored_.empty()) send_stored();
}

// A stored body may be large and the other edge slow: it is copied a piece at a time.
void PeerExchange::send_stored() {
  while (!stored_.empty()) {
    std::string_view& rest = stored_.front();
    const std::string_view piece = rest.substr(0, kPiece);
    rest.remove_prefix(piece.size());
    if (rest.empty()) stored_.pop_front();
    if (!piece.empty() && !out_->write(std::string(piece)) && !stored_.empty()) return;
  }
  out_->end({});
  leave();
}

void PeerExchange::begin(std::span<const std::string_view> head, server::Framing framing) {
  if (!answered_) send_head(head, framing, framing.length);
}

bool PeerExchange::write(std::string_view piece, Holder) {
  bool more = !answered_;
  while (!answered_ && !piece.empty()) {
    more = out_->write(std::string(piece.substr(0, kPiece))) && more;
    piece.remove_prefix(std::min(piece.size(), kPiece));
  }
  return more;
}

void PeerExchange::finish(std::string_view trailers) {
  if (std::exchange(answered_, true)) return;
  out_->end(std::string(trailers));
  leave();
}

void PeerExchange::fail() {
  if (std::exchange(answered_, true)) return;
  out_->fail({rpc::FailureReason::Reset, true, "the answer was cut off"});
  leave();
}

// ---- The request's body
// --------------------------------------------------------------------------

void PeerExchange::read_body() {
  reading_ = true;
  ask_for_body();
}

void PeerExchange::ask_for_body() {
  if (!std::exchange(asked_, true)) out_->read_body();
}

}  // namespace atl::edge
