#include "lib/server/http1_connection.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

#include "lib/base/check.h"
#include "lib/http/status.h"

namespace atl::server {
namespace {

// Received and not consumed; beyond it reading stops (a head may be smaller by its own limit).
constexpr size_t kInputLimit = 64 * 1024;
// Of an unwanted request body: what is read and dropped to save the connection.
constexpr uint64_t kDiscardLimit = 64 * 1024;
// Dropped after a refusal, while the client is given time to read the answer.
constexpr size_t kLingerLimit = 1024 * 1024;
constexpr std::chrono::seconds kLingerTime{2};
// Answers that gather before they are sent although more requests are there.
constexpr size_t kBatchLimit = 256 * 1024;
// Waiting to leave; beyond it writers are told to wait.
constexpr size_t kQueueLimit = 512 * 1024;

http::HeadLimits head_limits(const Limits& limits) {
  return {limits.request_line.count, limits.head.count, limits.fields};
}

// "1a\r\n" in front of a chunk.
std::string_view chunk_size_line(size_t size, std::array<char, 18>& buffer) {
  char* end = std::to_chars(buffer.data(), buffer.data() + 16, size, 16).ptr;
  *end++ = '\r';
  *end++ = '\n';
  return {buffer.data(), static_cast<size_t>(end - buffer.data())};
}

}  // namespace

Http1Connection::Http1Connection(ConnectionContext& context, std::unique_ptr<net::Stream> stream)
    : context_(context), stream_(std::move(stream)), parser_(head_limits(context.limits)) {
  stream_->set_reader(this);
}

Http1Connection::~Http1Connection() { context_.forget(*this); }

void Http1Connection::start() {
  set_deadline(context_.loop.now() + context_.limits.keep_alive);
  update_reading();
}

// ---- input ---------------------------------------------------------------------------------

void Http1Connection::on_read(net::Bytes bytes) {
  if (state_ == State::Closed) return;
  if (state_ == State::Lingering || state_ == State::Closing) {
    discarded_ += bytes.size();
    if (discarded_ > kLingerLimit) close();
    return;
  }
  run(bytes);
}

// Works off what was left over and `fresh`, then sends what came of it in one write.
void Http1Connection::run(net::Bytes fresh) {
  in_run_ = true;
  if (input_.empty()) {
    const size_t used = consume(fresh);
    input_.assign(fresh.substr(used));
  } else {
    input_.append(fresh);
    input_.erase(0, consume(input_));
  }
  in_run_ = false;
  if (input_.empty() && input_.capacity() > sizeof(std::string)) input_ = {};
  if (state_ == State::Closed) return;
  flush();
  if (state_ == State::Closed) return;
  update_deadline();
  update_reading();
}

// How much of `input` was used up.
size_t Http1Connection::consume(std::string_view input) {
  const size_t size = input.size();
  for (bool more = true; more;) {
    switch (state_) {
      case State::Idle:
      case State::Head:
        more = take_head(input);
        break;
      case State::Exchange:
      case State::Discard:
        more = take_body(input);
        break;
      case State::Closing:
      case State::Lingering:
      case State::Closed:
        return size;
    }
  }
  return size - input.size();
}

bool Http1Connection::take_head(std::string_view& input) {
  if (input.empty()) return false;
  if (batch_ != nullptr && batch_->size() > kBatchLimit) flush();
  if (state_ == State::Closed || stream_->queued() > 0) return false;  // on_drained() goes on
  if (parser_.state() == http::RequestParser::State::Complete) parser_.reset();
  input.remove_prefix(parser_.feed(input));
  switch (parser_.state()) {
    case http::RequestParser::State::Refused:
      refuse(parser_.refusal());
      return false;
    case http::RequestParser::State::More:
      if (parser_.begun() && std::exchange(state_, State::Head) == State::Idle) {
        set_deadline(context_.loop.now() + context_.limits.head_time);
      }
      return false;
    case http::RequestParser::State::Complete:
      begin_exchange();
      return true;
  }
  return false;
}

void Http1Connection::begin_exchange() {
  const http::RequestHead& head = parser_.head();
  if (head.body_length.value_or(0) > context_.limits.body.count) {
    return refuse({413, "the request body is too large"});
  }
  const uint32_t most = context_.limits.requests_per_connection;
  ++requests_;
  keep_alive_ = head.keep_alive && !context_.draining && (most == 0 || requests_ < most);
  active_ = Active{};
  active_.body_done = !head.has_body();
  body_.begin(head);
  state_ = State::Exchange;
  ++context_.statistics.requests;
  ++context_.statistics.active;

  active_.in_application = true;
  auto handler = context_.app.on_request(head, *this);
  active_.in_application = false;
  if (state_ != State::Exchange) return context_.retire(std::move(handler));
  active_.handler = std::move(handler);
  if (active_.ended) return complete_exchange();
  if (active_.handler == nullptr) {
    ATOLL_BUG("a request was neither answered nor taken over");
    --context_.statistics.active;
    refuse({500, "internal error"});
  }
}

bool Http1Connection::take_body(std::string_view& input) {
  if (active_.body_done) return false;
  if (state_ == State::Exchange && !active_.body_wanted) return false;
  const http::BodyDecoder::Piece piece = body_.next(input);
  switch (piece.kind) {
    case http::BodyDecoder::Kind::More:
      return false;
    case http::BodyDecoder::Kind::Refused:
      input_broke(piece.refusal);
      return false;
    case http::BodyDecoder::Kind::Data:
      return take_content(piece.data);
    case http::BodyDecoder::Kind::Complete:
      break;
  }
  active_.body_done = true;
  if (state_ == State::Discard) {
    state_ = State::Idle;
  } else if (active_.handler != nullptr) {
    active_.handler->on_body_end(body_.trailers());
  }
  return true;
}

bool Http1Connection::take_content(std::string_view content) {
  if (body_.received() > context_.limits.body.count) {
    input_broke({413, "the request body is too large"});
    return false;
  }
  if (state_ == State::Discard) {
    if (body_.received() <= active_.body_at_end + kDiscardLimit) return true;
    close();
    return false;
  }
  active_.handler->on_body(content);
  return true;
}

// The request body cannot be read to its end.
void Http1Connection::input_broke(const http::Refusal& refusal) {
  if (state_ == State::Discard || active_.begun) return abort(Abort::ClientInvalid);
  --context_.statistics.active;
  if (active_.handler != nullptr) {
    active_.handler->on_abort(Abort::ClientInvalid);
    context_.retire(std::move(active_.handler));
  }
  refuse(refusal);
}

void Http1Connection::on_end() {
  if (state_ == State::Closed) return;
  if (state_ == State::Closing && stream_->queued() > 0) return;  // it may still be reading
  // Half a connection is as good as none: a client that stops sending mid-exchange is taken to have
  // left, as other servers do, so that fetches nobody waits for are cancelled.
  abort(Abort::ClientGone);
}

void Http1Connection::on_error(Error) { abort(Abort::ClientGone); }

void Http1Connection::update_reading() {
  bool want = input_.size() < kInputLimit;
  if (state_ == State::Idle || state_ == State::Head) want = want && stream_->queued() == 0;
  if (state_ == State::Closed || want == reading_) return;
  reading_ = want;
  want ? stream_->start_reading() : stream_->stop_reading();
}

// ---- output --------------------------------------------------------------------------------

OutputBatch& Http1Connection::out() {
  if (batch_ == nullptr) batch_ = context_.batches.take();
  if (!in_run_ && !std::exchange(turn_end_asked_, true)) context_.at_turn_end(*this);
  return *batch_;
}

void Http1Connection::inform(std::string_view lines) {
  if (state_ != State::Exchange || active_.begun || parser_.head().version_minor == 0) return;
  out().copy(lines);
  out().copy("\r\n");
}

void Http1Connection::respond(std::span<const std::string_view> head,
                              std::span<const std::string_view> body, Framing framing,
                              Holder holder) {
  begin(head, framing);
  OutputBatch& batch = out();
  if (!framing.bodiless) {
    for (const std::string_view piece : body) {
      active_.body_unsent -= std::min<uint64_t>(active_.body_unsent, piece.size());
      if (active_.chunked && !piece.empty()) {
        std::array<char, 18> line;
        batch.copy(chunk_size_line(piece.size(), line));
      }
      batch.refer(piece);
      if (active_.chunked && !piece.empty()) batch.copy("\r\n");
    }
    batch.keep(std::move(holder));
  }
  finish({});
}

void Http1Connection::begin(std::span<const std::string_view> head, Framing framing) {
  if (state_ != State::Exchange || active_.begun) return ATOLL_BUG("a second response head");
  active_.begun = true;
  if (body_must_close()) keep_alive_ = false;
  write_head(head, framing);
}

void Http1Connection::write_head(std::span<const std::string_view> head, const Framing& framing) {
  OutputBatch& batch = out();
  for (const std::string_view piece : head) batch.copy(piece);
  write_framing(framing);
  if (!keep_alive_) {
    batch.copy("Connection: close\r\n\r\n");
  } else if (parser_.head().version_minor == 0) {
    batch.copy("Connection: keep-alive\r\n\r\n");
  } else {
    batch.copy("\r\n");
  }
}

// RFC 9112 section 6.3, from the sender's side.
void Http1Connection::write_framing(const Framing& framing) {
  if (framing.length) {
    std::array<char, 40> line;
    static constexpr std::string_view kName = "Content-Length: ";
    char* end = std::copy(kName.begin(), kName.end(), line.data());
    end = std::to_chars(end, line.data() + line.size() - 2, *framing.length).ptr;
    *end++ = '\r';
    *end++ = '\n';
    out().copy({line.data(), static_cast<size_t>(end - line.data())});
  }
  if (framing.bodiless) return;
  active_.length_known = framing.length.has_value();
  active_.body_unsent = framing.length.value_or(0);
  if (active_.length_known) return;
  if (parser_.head().version_minor == 0) {
    active_.until_close = true;
    keep_alive_ = false;
  } else {
    active_.chunked = true;
    out().copy("Transfer-Encoding: chunked\r\n");
  }
}

bool Http1Connection::write(std::string_view piece, Holder holder) {
  if (state_ != State::Exchange || !active_.begun) return false;
  if (active_.length_known) {
    if (piece.size() > active_.body_unsent) {
      ATOLL_BUG("more body than announced");
      abort(Abort::Shutdown);
      return false;
    }
    active_.body_unsent -= piece.size();
  }
  OutputBatch& batch = out();
  if (active_.chunked && !piece.empty()) {
    std::array<char, 18> line;
    batch.copy(chunk_size_line(piece.size(), line));
  }
  batch.refer(piece);
  batch.keep(std::move(holder));
  if (active_.chunked && !piece.empty()) batch.copy("\r\n");
  active_.waits_writable = stream_->queued() + batch.size() >= kQueueLimit;
  return !active_.waits_writable;
}

void Http1Connection::finish(std::string_view trailers) {
  if (state_ != State::Exchange || !active_.begun) return ATOLL_BUG("an end without a response");
  if (active_.length_known && active_.body_unsent > 0) {
    ATOLL_BUG("less body than announced");
    return abort(Abort::Shutdown);
  }
  if (active_.chunked) {
    out().copy("0\r\n");
    out().copy(trailers);
    out().copy("\r\n");
  }
  end_exchange();
}

void Http1Connection::fail() {
  if (state_ != State::Exchange) return;
  if (!active_.begun) {
    keep_alive_ = false;
    static constexpr std::array<std::string_view, 1> kHead = {"HTTP/1.1 502 Bad Gateway\r\n"};
    begin(kHead, Framing{});
    return end_exchange();
  }
  // The last chunk, or the rest of the length, stays out; only a body that ends with the connection
  // needs a reset to show that it is not complete.
  context_.retire(std::move(active_.handler));  // it does not hear of its own doing
  flush();
  if (state_ == State::Closed) return;
  if (active_.until_close) stream_->reset();
  --context_.statistics.active;
  close();
}

void Http1Connection::end_exchange() {
  active_.ended = true;
  if (!active_.in_application) complete_exchange();
}

// An answer that leaves request body unread ends the connection unless little of it is missing.
bool Http1Connection::body_must_close() const {
  if (active_.body_done) return false;
  const http::RequestHead& head = parser_.head();
  if (head.expects_continue && !active_.continue_sent) return true;
  return body_.chunked() || body_.remaining() > kDiscardLimit;
}

void Http1Connection::complete_exchange() {
  context_.retire(std::move(active_.handler));
  --context_.statistics.active;
  active_.body_at_end = body_.received();
  if (!keep_alive_) {
    if (!active_.body_done || !input_.empty()) {
      state_ = State::Lingering;
      flush();
      if (state_ == State::Closed) return;
      stream_->shutdown();
      set_deadline(context_.loop.now() + kLingerTime);
    } else {
      state_ = State::Closing;
      close_when_sent();
    }
    return;
  }
  state_ = active_.body_done ? State::Idle : State::Discard;
  if (!in_run_ && !std::exchange(turn_end_asked_, true)) context_.at_turn_end(*this);
}

void Http1Connection::refuse(const http::Refusal& refusal) {
  ++context_.statistics.refused;
  context_.app.on_refused(refusal.status, refusal.reason);
  const auto now = std::chrono::floor<std::chrono::seconds>(context_.loop.wall_now());
  OutputBatch& batch = out();
  batch.copy(
      fmt::format("HTTP/1.1 {} {}\r\n", refusal.status, http::reason_phrase(refusal.status)));
  batch.copy(context_.date.at(now));
  batch.copy(
      fmt::format("Content-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}\n",
                  std::string_view(refusal.reason).size() + 1, refusal.reason));
  keep_alive_ = false;
  state_ = State::Lingering;
  flush();
  if (state_ == State::Closed) return;
  stream_->shutdown();
  set_deadline(context_.loop.now() + kLingerTime);
}

void Http1Connection::flush() {
  if (batch_ == nullptr) return;
  const auto sent = batch_->flush(*stream_);
  context_.batches.give(std::move(batch_));
  if (!sent) return abort(Abort::ClientGone);
  if (state_ == State::Closing) return close_when_sent();
  // The kernel took everything at once: nobody will call on_drained().
  if (active_.waits_writable && stream_->queued() == 0 && !std::exchange(next_turn_asked_, true)) {
    context_.next_turn(*this);
  }
}

void Http1Connection::on_turn_end() {
  turn_end_asked_ = false;
  if (state_ == State::Closed) return;
  if (!input_.empty()) return run({});
  flush();
  if (state_ == State::Closed) return;
  update_deadline();
  update_reading();
}

void Http1Connection::on_next_turn() {
  next_turn_asked_ = false;
  if (state_ != State::Closed && stream_->queued() == 0) on_drained();
}

void Http1Connection::on_drained() {
  if (state_ == State::Closed) return;
  if (state_ == State::Closing) return close_when_sent();
  if (state_ == State::Exchange && active_.handler != nullptr &&
      std::exchange(active_.waits_writable, false)) {
    active_.handler->on_writable();
    return;
  }
  run({});
}

void Http1Connection::close_when_sent() {
  const bool unsent = batch_ != nullptr && !batch_->empty();
  if (!unsent && stream_->queued() == 0) close();
}

void Http1Connection::read_body() {
  if (state_ != State::Exchange || std::exchange(active_.body_wanted, true)) return;
  const http::RequestHead& head = parser_.head();
  if (head.expects_continue && !active_.begun && body_.received() == 0 && input_.empty() &&
      !std::exchange(active_.continue_sent, true)) {
    out().copy("HTTP/1.1 100 Continue\r\n\r\n");
  }
  // Delivered later, never from inside this call.
  if (!in_run_ && !std::exchange(turn_end_asked_, true)) context_.at_turn_end(*this);
}

void Http1Connection::pause_body() { active_.body_wanted = false; }

// ---- ends ----------------------------------------------------------------------------------

void Http1Connection::drain() {
  keep_alive_ = false;
  if (state_ == State::Idle || state_ == State::Head) close();
}

void Http1Connection::abort(Abort why) {
  if (state_ == State::Closed) return;
  if (state_ == State::Exchange) {
    --context_.statistics.active;
    if (active_.until_close || why == Abort::ClientTimeout) stream_->reset();
    if (active_.handler != nullptr) {
      active_.handler->on_abort(why);
      context_.retire(std::move(active_.handler));
    }
  }
  close();
}

void Http1Connection::close() {
  if (std::exchange(state_, State::Closed) == State::Closed) return;
  stream_->set_reader(nullptr);
  context_.on_closed(*this);
}

void Http1Connection::set_deadline(MonoTime deadline) {
  context_.wheel.set(*this, deadline, context_.loop.now());
}

void Http1Connection::update_deadline() {
  const MonoTime now = context_.loop.now();
  switch (state_) {
    case State::Idle:
      return set_deadline(now + context_.limits.keep_alive);
    case State::Exchange:
    case State::Closing:
      if (stream_->queued() > 0) {
        queued_at_check_ = stream_->queued();
        return set_deadline(now + context_.limits.write_idle);
      }
      if (state_ == State::Exchange && active_.body_wanted && !active_.body_done) {
        return set_deadline(now + context_.limits.body_idle);
      }
      return set_deadline(MonoTime::max());
    case State::Discard:
      return set_deadline(now + context_.limits.body_idle);
    case State::Head:       // runs from the first byte
    case State::Lingering:  // runs from the refusal
    case State::Closed:
      return;
  }
}

void Http1Connection::on_deadline() {
  switch (state_) {
    case State::Idle:
    case State::Lingering:
    case State::Closed:
      return close();
    case State::Head:
      ++context_.statistics.timed_out;
      return refuse({408, "the head did not arrive in time"});
    case State::Exchange:
    case State::Closing:
    case State::Discard:
      break;
  }
  // A slow reader that takes something is given more time.
  if (stream_->queued() > 0 && stream_->queued() < queued_at_check_) return update_deadline();
  ++context_.statistics.timed_out;
  if (state_ == State::Exchange && stream_->queued() == 0 && !active_.begun) {
    --context_.statistics.active;
    if (active_.handler != nullptr) {
      active_.handler->on_abort(Abort::ClientTimeout);
      context_.retire(std::move(active_.handler));
    }
    return refuse({408, "the request body did not arrive in time"});
  }
  abort(Abort::ClientTimeout);
}

}  // namespace atl::server
