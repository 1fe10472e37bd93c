#include "lib/server/http1_connection.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "lib/base/check.h"
#include "lib/http/status.h"

namespace atl::server {
namespace {

using std::chrono::milliseconds;

// Enough is queued: writers wait, and pipelined requests too.
constexpr size_t kHighWater = 256 * 1024;
// So much output of pipelined requests gathers before it is sent.
constexpr size_t kBatchBytes = 64 * 1024;
// A request body that nobody wants is read and dropped up to here, so that the connection can be
// kept; a larger one ends it.
constexpr uint64_t kDrainBytes = 64 * 1024;
// What a client may send after our FIN before it is cut off.
constexpr uint64_t kLingerBytes = 1024 * 1024;

}  // namespace

Http1Connection::Http1Connection(ConnectionSet& set, std::unique_ptr<net::Stream> stream,
                                 size_t slot)
    : set_(set), stream_(std::move(stream)), slot_(slot) {}

Http1Connection::~Http1Connection() = default;

void Http1Connection::start() {
  stream_->set_reader(this);
  settle();
}

// ---- What the stream says --------------------------------------------------------------------

void Http1Connection::on_read(net::Bytes bytes) {
  if (step_ == Step::Dead) return;
  live_input_ = pending_.empty();
  if (live_input_) {
    input_ = bytes;
  } else {
    pending_.append(bytes);
  }
  run();
}

void Http1Connection::on_end() {
  if (step_ == Step::Dead) return;
  ended_ = true;
  // A client that stops sending while it waits for an answer has left, as other servers see it too:
  // what nobody waits for is given up. A request that is answered already is sent to its end.
  if (step_ == Step::Exchange && !exchange_.answered) break_off(Abort::ClientGone);
  run();
}

void Http1Connection::on_error(Error) {
  if (step_ == Step::Dead) return;
  if (step_ == Step::Exchange) end_exchange(Abort::ClientGone);
  die(false);
  settle();
}

void Http1Connection::on_drained() {
  closed_ = set_.clock_.mono();  // lingering counts from here
  run();
}

// ---- What the set says -----------------------------------------------------------------------

void Http1Connection::on_turn_end() {
  woken_ = false;
  run();
}

void Http1Connection::on_drain() {
  if (idle()) settle();  // otherwise its next response says "close"
}

void Http1Connection::cut_off() {
  if (step_ == Step::Exchange) end_exchange(Abort::Shutdown);
  die(true);
  settle();
}

void Http1Connection::on_deadline(MonoTime now) {
  if (stream_->queued() > 0) {
    if (taken() == taken_then_) {
      ++set_.statistics_.timed_out;
      if (step_ == Step::Exchange) end_exchange(Abort::ClientTimeout);
      die(true);
    } else {
      timing_write_ = false;  // slow, but it takes something: settle() sets a new deadline
    }
    return settle();
  }
  switch (step_) {
    case Step::Head:
      if (!timing_head_) {  // idle
        begin_close();
        break;
      }
      if (now < head_began_ + set_.limits_.head_time) break;
      ++set_.statistics_.timed_out;
      refuse({408, "the request head took too long"}, true);
      break;
    case Step::Exchange:
      ++set_.statistics_.timed_out;
      body_failed({408, "the request body took too long"}, Abort::ClientTimeout);
      break;
    case Step::Discard:
      ++set_.statistics_.timed_out;
      begin_close();
      break;
    case Step::Linger:
      die(false);
      break;
    case Step::Dead:
      break;
  }
  settle();
}

// ---- The steps -------------------------------------------------------------------------------

void Http1Connection::run() {
  if (running_) return;
  if (step_ == Step::Dead) return settle();  // it died outside: in on_end(), in fail()
  running_ = true;
  if (!live_input_) input_ = pending_;
  while (step() == Next::More) {
  }
  running_ = false;
  keep_rest_of_input();
  settle();
}

Http1Connection::Next Http1Connection::step() {
  switch (step_) {
    case Step::Head:
      return read_head();
    case Step::Exchange:
      return run_exchange();
    case Step::Discard:
      return discard_body();
    case Step::Linger:
      return linger();
    case Step::Dead:
      return Next::Wait;
  }
  return Next::Wait;
}

Http1Connection::Next Http1Connection::read_head() {
  if (batch_ != nullptr && batch_->size() >= kBatchBytes) flush();
  if (step_ == Step::Dead || !has_room()) return Next::Wait;
  if (input_.empty()) {
    if (!ended_) return Next::Wait;
    if (parser_ != nullptr && parser_->begun()) {
      refuse({400, "the request head is cut off"}, true);
    } else {
      begin_close();
    }
    return Next::More;
  }
  if (parser_ == nullptr) {
    parser_ = set_.take_parser();
    parser_->set_scheme(stream_->secure() ? "https" : "http");
  }
  input_.remove_prefix(parser_->feed(input_));
  switch (parser_->state()) {
    case http::RequestParser::State::More:
      if (!std::exchange(timing_head_, parser_->begun())) head_began_ = set_.clock_.mono();
      break;
    case http::RequestParser::State::Refused:
      refuse(parser_->refusal(), true);
      break;
    case http::RequestParser::State::Complete:
      timing_head_ = false;
      start_exchange();
      break;
  }
  return Next::More;
}

void Http1Connection::start_exchange() {
  const http::RequestHead& head = parser_->head();
  if (head.body_length.value_or(0) > set_.limits_.body.count) {
    return refuse({413, "the request body is too large"}, true);
  }
  body_.begin(head);
  writer_.reset();
  exchange_ = Exchange{};
  exchange_.owes_continue = head.expects_continue;
  ++requests_;
  ++set_.statistics_.requests;
  ++set_.statistics_.in_flight;
  step_ = Step::Exchange;
  auto handler = set_.application_.on_request(head, *this);
  if (step_ != Step::Exchange || exchange_.answered) {
    set_.retire(std::move(handler));
  } else if (handler != nullptr) {
    exchange_.handler = std::move(handler);
  } else {
    ATOLL_BUG("a request was neither answered nor taken on");
    --set_.statistics_.in_flight;
    if (writer_.mode() == ResponseWriter::Mode::None) {
      refuse({500, "no answer was made"}, false);
    } else {
      die(true);
    }
  }
}

Http1Connection::Next Http1Connection::run_exchange() {
  if (exchange_.answered) {
    finish_exchange();
    return Next::More;
  }
  if (exchange_.owes_writable && has_room() && (batch_ == nullptr || batch_->empty())) {
    exchange_.owes_writable = false;
    exchange_.handler->on_writable();
    return Next::More;
  }
  if (exchange_.wants_body && !exchange_.told_body_end) return read_exchange_body();
  return Next::Wait;
}

Http1Connection::Next Http1Connection::read_exchange_body() {
  const http::BodyDecoder::Piece piece = body_.next(input_);
  switch (piece.kind) {
    case http::BodyDecoder::Kind::More:
      if (!ended_) return Next::Wait;
      body_failed({400, "the request body is cut off"}, Abort::ClientGone);
      break;
    case http::BodyDecoder::Kind::Data:
      exchange_.owes_continue = false;
      if (body_.received() > set_.limits_.body.count) {
        body_failed({413, "the request body is too large"}, Abort::ClientInvalid);
      } else {
        exchange_.handler->on_body(piece.data);
      }
      break;
    case http::BodyDecoder::Kind::Complete:
      exchange_.told_body_end = true;
      exchange_.handler->on_body_end(body_.trailers());
      break;
    case http::BodyDecoder::Kind::Refused:
      body_failed(piece.refusal, Abort::ClientInvalid);
      break;
  }
  return Next::More;
}

void Http1Connection::finish_exchange() {
  --set_.statistics_.in_flight;
  set_.retire(std::move(exchange_.handler));
  discarded_ = 0;
  if (exchange_.close_after) {
    alone_ = last_of_client();
    begin_close();
  } else if (!body_.complete()) {
    step_ = Step::Discard;
  } else {
    step_ = Step::Head;
    parser_->reset();
  }
}

Http1Connection::Next Http1Connection::discard_body() {
  const http::BodyDecoder::Piece piece = body_.next(input_);
  switch (piece.kind) {
    case http::BodyDecoder::Kind::More:
      if (!ended_) return Next::Wait;
      begin_close();
      break;
    case http::BodyDecoder::Kind::Data:
      discarded_ += piece.data.size();
      if (discarded_ > kDrainBytes) begin_close();
      break;
    case http::BodyDecoder::Kind::Complete:
      step_ = Step::Head;
      parser_->reset();
      break;
    case http::BodyDecoder::Kind::Refused:
      begin_close();
      break;
  }
  return Next::More;
}

Http1Connection::Next Http1Connection::linger() {
  discarded_ += input_.size();
  input_ = {};
  const bool sent = fin_sent_ && stream_->queued() == 0;
  if (discarded_ > kLingerBytes || (ended_ && sent)) die(false);
  return Next::Wait;
}

// ---- Refusing and ending -----------------------------------------------------------------------

// The request cannot be served: says so and closes. `to_application`: it has not heard of the
// request, so it hears of this.
void Http1Connection::refuse(const http::Refusal& refusal, bool to_application) {
  set_.statistics_.count_refusal(refusal.status);
  write_refusal(refusal);
  if (to_application) set_.application_.on_refused(refusal.status, refusal.reason);
  begin_close();
}

void Http1Connection::write_refusal(const http::Refusal& refusal) {
  const auto now = std::chrono::floor<std::chrono::seconds>(set_.clock_.wall());
  const std::string_view phrase = http::reason_phrase(refusal.status);
  const std::string body = fmt::format("{} {}: {}\n", refusal.status, phrase, refusal.reason);
  const bool known = parser_ != nullptr && parser_->state() == http::RequestParser::State::Complete;
  OutputBatch& out = batch();
  out.copy(fmt::format("HTTP/1.1 {} {}\r\n", refusal.status, phrase));
  out.copy(set_.date_.at(now));
  out.copy(fmt::format(
      "Content-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.size()));
  if (!known || parser_->head().method != "HEAD") out.copy(body);
}

// The request body cannot be had, although the application wants it.
void Http1Connection::body_failed(const http::Refusal& refusal, Abort why) {
  const bool unanswered = writer_.mode() == ResponseWriter::Mode::None;
  end_exchange(why);
  if (unanswered) {
    refuse(refusal, false);
  } else {
    die(true);
  }
}

// Before its response is complete.
void Http1Connection::end_exchange(Abort why) {
  --set_.statistics_.in_flight;
  step_ = Step::Linger;  // what the handler still calls finds no exchange
  if (exchange_.handler == nullptr) return;
  exchange_.handler->on_abort(why);
  set_.retire(std::move(exchange_.handler));
}

// Ends the exchange where its response is. Where the framing shows that something is missing, the
// client may keep what it got; elsewhere only a reset tells it.
void Http1Connection::break_off(Abort why) {
  const bool orderly = writer_.shows_truncation();
  end_exchange(why);
  if (orderly) {
    begin_close();
  } else {
    die(true);
  }
}

// Whether the client has said itself that nothing follows what it sent (RFC 9112 section 9.6), and
// nothing did: then nobody's bytes can meet a closed socket, and lingering has no use. Over TLS
// there is a close_notify to be sent.
bool Http1Connection::last_of_client() const {
  const http::RequestHead& head = parser_->head();
  return !head.keep_alive && !head.has_body() && input_.empty() && !stream_->secure();
}

void Http1Connection::begin_close() {
  step_ = Step::Linger;
  discarded_ = 0;
  closed_ = set_.clock_.mono();
  timing_head_ = false;
}

void Http1Connection::die(bool with_reset) {
  if (with_reset) stream_->reset();
  step_ = Step::Dead;
}

// ---- The application's side
// ----------------------------------------------------------------------

// False if there is nothing to answer any more, which is a fault of the application.
bool Http1Connection::in_exchange(const char* call) {
  if (step_ == Step::Exchange && !exchange_.answered) return true;
  ATOLL_BUG(call);
  return false;
}

// Whether the response whose head is written now may be followed by another.
bool Http1Connection::keeps_alive() const {
  const uint32_t most = set_.limits_.requests_per_connection;
  return parser_->head().keep_alive && set_.draining_ == Draining::No &&
         (most == 0 || requests_ < most) && can_drain_body();
}

// Whether what is left of the request body is little enough to wait for. A client that expects a
// 100 and does not get one may send its body or not: only a new connection is unambiguous.
bool Http1Connection::can_drain_body() const {
  if (body_.complete() || exchange_.wants_body) return true;
  return !exchange_.owes_continue && (body_.chunked() || body_.remaining() <= kDrainBytes);
}

void Http1Connection::inform(std::string_view lines) {
  if (!in_exchange("inform() outside an exchange")) return;
  // RFC 9110 section 15.2: not to HTTP/1.0.
  if (writer_.mode() != ResponseWriter::Mode::None || parser_->head().version_minor == 0) return;
  batch().copy(lines);
  batch().copy("\r\n");
  wake();
}

void Http1Connection::respond(std::span<const std::string_view> head,
                              std::span<const std::string_view> body, Framing framing,
                              Holder holder) {
  if (!in_exchange("respond() outside an exchange")) return;
  if (!framing.length && !framing.bodiless) {  // all of it is here
    uint64_t size = 0;
    for (const std::string_view piece : body) size += piece.size();
    framing.length = size;
  }
  begin(head, framing);
  for (const std::string_view piece : body) {
    if (!writer_.body(batch(), piece)) {
      ATOLL_BUG("a response body longer than announced");
      return fail();
    }
  }
  batch().keep(std::move(holder));
  finish({});
}

void Http1Connection::begin(std::span<const std::string_view> head, Framing framing) {
  if (!in_exchange("begin() outside an exchange")) return;
  if (writer_.mode() != ResponseWriter::Mode::None) return ATOLL_BUG("a second response head");
  exchange_.close_after = !keeps_alive();
  const http::RequestHead& request = parser_->head();
  writer_.begin(batch(), head, framing,
                {.head_request = request.method == "HEAD",
                 .http10 = request.version_minor == 0,
                 .keep_alive = !exchange_.close_after});
  exchange_.close_after |= writer_.mode() == ResponseWriter::Mode::UntilClose;
  exchange_.owes_continue = false;
  wake();
}

bool Http1Connection::write(std::string_view piece, Holder holder) {
  if (!in_exchange("write() outside an exchange")) return true;
  if (!writer_.body(batch(), piece)) {
    ATOLL_BUG("a response body longer than announced, or without a head");
    fail();
    return true;
  }
  batch().keep(std::move(holder));
  wake();
  exchange_.owes_writable = !has_room();
  return !exchange_.owes_writable;
}

void Http1Connection::finish(std::string_view trailers) {
  if (!in_exchange("finish() outside an exchange")) return;
  if (!writer_.end(batch(), trailers)) {
    ATOLL_BUG("a response body shorter than announced, or without a head");
    return fail();
  }
  exchange_.answered = true;
  wake();
}

void Http1Connection::fail() {
  if (!in_exchange("fail() outside an exchange")) return;
  set_.retire(std::move(exchange_.handler));  // it knows
  break_off(Abort::Shutdown);
  wake();
}

void Http1Connection::read_body() {
  if (!in_exchange("read_body() outside an exchange")) return;
  exchange_.wants_body = true;
  // RFC 9110 section 10.1.1: not when the client sends already, nor after the final head.
  if (std::exchange(exchange_.owes_continue, false) && input_.empty() && pending_.empty()) {
    batch().copy("HTTP/1.1 100 Continue\r\n\r\n");
  }
  wake();
}

void Http1Connection::pause_body() {
  if (in_exchange("pause_body() outside an exchange")) exchange_.wants_body = false;
}

// Something changed outside run(): it goes on when the turn ends.
void Http1Connection::wake() {
  if (running_ || std::exchange(woken_, true)) return;
  set_.run_at_turn_end(*this);
}

// ---- After every change
// --------------------------------------------------------------------------

// Between requests, with nothing of the next one here.
bool Http1Connection::idle() const {
  return step_ == Step::Head && pending_.empty() && (parser_ == nullptr || !parser_->begun());
}

void Http1Connection::settle() {
  if (buried_) return;
  // Also where a response promised to keep the connection before draining began.
  if (set_.draining_ == Draining::Now && idle()) begin_close();
  if (step_ == Step::Linger) std::string().swap(pending_);
  if (step_ != Step::Dead) flush();
  if (step_ == Step::Linger && alone_ && stream_->queued() == 0) step_ = Step::Dead;
  if (step_ == Step::Linger && !std::exchange(fin_sent_, true)) stream_->shutdown();
  if (step_ == Step::Linger && ended_ && stream_->queued() == 0) step_ = Step::Dead;
  release_spares();
  if (step_ == Step::Dead) {
    buried_ = true;
    stream_->set_reader(nullptr);
    return set_.bury(*this);
  }
  // The kernel took it all at once, so on_drained() will not come.
  if (step_ == Step::Exchange && exchange_.owes_writable && stream_->queued() == 0 &&
      !std::exchange(woken_, true)) {
    set_.run_next_turn(*this);
  }
  update_reading();
  update_deadline();
}

void Http1Connection::flush() {
  if (batch_ == nullptr) return;
  written_ += batch_->size();
  if (batch_->flush(*stream_)) return;
  if (step_ == Step::Exchange && !exchange_.answered) end_exchange(Abort::ClientGone);
  if (step_ == Step::Exchange) finish_exchange();
  step_ = Step::Dead;
}

// What was not used up waits in `pending_`.
void Http1Connection::keep_rest_of_input() {
  if (live_input_) {
    if (!input_.empty()) pending_.assign(input_);
  } else if (input_.empty()) {
    if (!pending_.empty()) std::string().swap(pending_);
  } else {
    pending_.erase(0, pending_.size() - input_.size());
  }
  live_input_ = false;
  input_ = {};
}

void Http1Connection::release_spares() {
  if (batch_ != nullptr && batch_->empty()) set_.batches_.give(std::move(batch_));
  const bool idle = step_ == Step::Head && parser_ != nullptr && parser_->untouched();
  if (parser_ == nullptr || (!idle && step_ != Step::Linger && step_ != Step::Dead)) return;
  parser_->reset();
  set_.parsers_.give(std::move(parser_));
}

bool Http1Connection::has_room() const {
  return stream_->queued() + (batch_ != nullptr ? batch_->size() : 0) < kHighWater;
}

void Http1Connection::update_reading() {
  bool wanted = !ended_ && pending_.empty();
  // A body that nobody asked for yet stays in the kernel.
  if (step_ == Step::Exchange && !body_.complete() && !exchange_.wants_body) wanted = false;
  if (step_ == Step::Head && !has_room()) wanted = false;
  if (std::exchange(reading_, wanted) == wanted) return;
  if (wanted) {
    stream_->start_reading();
  } else {
    stream_->stop_reading();
  }
}

void Http1Connection::update_deadline() {
  const Limits& limits = set_.limits_;
  const MonoTime now = set_.clock_.mono();
  if (stream_->queued() > 0) {
    if (!std::exchange(timing_write_, true)) {
      write_deadline_ = now + limits.write_idle;
      taken_then_ = taken();
    }
    return set_.set_deadline(*this, write_deadline_);
  }
  timing_write_ = false;
  MonoTime deadline = MonoTime::max();
  switch (step_) {
    case Step::Head:
      deadline = timing_head_ ? head_began_ + limits.head_time : now + limits.keep_alive;
      break;
    case Step::Exchange:
      if (exchange_.wants_body && !body_.complete()) deadline = now + limits.body_idle;
      break;
    case Step::Discard:
      deadline = now + limits.body_idle;
      break;
    case Step::Linger:
      deadline = closed_ + kLingerTime;
      break;
    case Step::Dead:
      break;
  }
  set_.set_deadline(*this, deadline);
}

OutputBatch& Http1Connection::batch() {
  if (batch_ == nullptr) batch_ = set_.take_batch();
  return *batch_;
}

}  // namespace atl::server
