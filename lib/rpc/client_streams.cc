#include "lib/rpc/client_streams.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace atl::rpc::client {
namespace {

constexpr std::string_view kMultiplex = "/atl.v1.Origin/Multiplex";
constexpr std::string_view kExchange = "/atl.v1.Origin/Exchange";

// HTTP/2 window of an Exchange stream. With one message in the reader's hands this keeps what lies
// beneath ExchangeCall::pause() under 512 KiB.
constexpr uint32_t kStreamWindow = 384 << 10;
// Of Multiplex, whose messages are dealt with as they come: enough for 1 Gbit/s over 100 ms.
constexpr uint32_t kMultiplexWindow = 16 << 20;

template <class Message>
std::unique_ptr<Message> parse(const std::string& bytes) {
  auto message = std::make_unique<Message>();
  return message->ParseFromString(bytes) ? std::move(message) : nullptr;
}

}  // namespace

void Inbox::push(Event event) {
  if (reader_ == nullptr) return;
  events_.push_back(std::move(event));
  if (std::exchange(posted_, true)) return;
  loop_.at_turn_end([self = shared_from_this()] { self->drain(); });
}

void Inbox::drain() {
  posted_ = false;
  draining_.swap(events_);
  for (Event& event : draining_) {
    if (reader_ == nullptr) break;  // an event before this one ended the client
    reader_->on_event(event);
  }
  draining_.clear();
}

void Outbox::write_prefix(std::string& bytes) {
  const auto size = static_cast<uint32_t>(bytes.size() - kPrefix);
  for (size_t i = 1; i < kPrefix; ++i) bytes[i] = static_cast<char>(size >> 8 * (kPrefix - 1 - i));
}

size_t Outbox::fill(std::span<uint8_t> out) {
  size_t filled = 0;
  while (filled < out.size() && !messages_.empty()) {
    const Out& first = messages_.front();
    if (first.mark != 0) sent_ = first.mark;
    const size_t part = std::min(first.bytes.size() - at_, out.size() - filled);
    std::memcpy(out.data() + filled, first.bytes.data() + at_, part);
    filled += part;
    at_ += part;
    if (at_ < first.bytes.size()) break;
    messages_.pop_front();
    at_ = 0;
  }
  return filled;
}

// ---- Multiplex -----------------------------------------------------------------------------

MuxStream::MuxStream(std::shared_ptr<Http2Link> link, uint64_t id, std::shared_ptr<Inbox> inbox)
    : link_(std::move(link)), id_(id), inbox_(std::move(inbox)) {
  call_ = link_->open(*this, kMultiplex);
  if (call_ < 0) on_close(link_->problem());
}

MuxStream::~MuxStream() {
  if (!closed_) link_->cancel(call_);
}

void MuxStream::send(const v1::MultiplexRequest& batch, uint64_t last_id) {
  if (closed_) return;  // MuxClosed is on its way and will name what was not sent
  outbox_.add(batch, last_id);
  link_->resume(call_);
}

void MuxStream::give_up(std::string detail) {
  if (closed_) return;
  link_->cancel(call_);
  on_close(std::move(detail));
}

void MuxStream::on_data(std::string_view bytes) {
  if (closed_) return;
  link_->consume(call_, bytes.size());
  if (!reader_.append(bytes)) return give_up(std::string("the origin sent ") + reader_.problem());
  while (reader_.ready()) {
    auto message = parse<v1::MultiplexResponse>(reader_.take());
    if (message == nullptr) return give_up("the origin sent a message that is none");
    inbox_->push(MuxMessage{id_, std::move(message)});
  }
}

size_t MuxStream::fill(std::span<uint8_t> out, bool*) { return outbox_.fill(out); }

void MuxStream::on_close(std::string detail) {
  if (std::exchange(closed_, true)) return;
  inbox_->push(MuxClosed{id_, outbox_.sent(), printable(detail)});
}

// ---- Exchange ------------------------------------------------------------------------------

ExchangeStream::ExchangeStream(std::shared_ptr<Http2Link> link, uint64_t id,
                               std::shared_ptr<Inbox> inbox)
    : link_(std::move(link)), id_(id), inbox_(std::move(inbox)) {
  call_ = link_->open(*this, kExchange);
  if (call_ < 0) closed(link_->problem());
}

ExchangeStream::~ExchangeStream() {
  if (!closed_) link_->detach(call_);
}

void ExchangeStream::read() {
  reading_ = true;
  give_message();
}

// While the next message is wanted and not whole, its bytes are consumed as they come: it may be
// larger than the window.
void ExchangeStream::consume() {
  if (closed_ || owed_ == 0) return;
  link_->consume(call_, std::exchange(owed_, 0));
}

void ExchangeStream::give_message() {
  if (!reading_) return;
  if (reader_.ready() && !refused_) {
    const std::string bytes = reader_.take();
    auto message = parse<v1::ExchangeResponse>(bytes);
    if (message == nullptr) return refuse("a message that is none");
    reading_ = false;
    const size_t taken = std::min(owed_, bytes.size());
    owed_ -= taken;
    if (!closed_) link_->consume(call_, taken);
    inbox_->push(StreamMessage{id_, std::move(message)});
  } else if (closed_) {
    reading_ = false;
    inbox_->push(StreamMessage{id_, nullptr});
    inbox_->push(StreamClosed{id_, detail_});
  } else {
    consume();
  }
}

void ExchangeStream::write(const v1::ExchangeRequest& message, bool last) {
  if (closed_) return inbox_->push(StreamWritten{id_, false});
  outbox_.add(message, 0);
  last_written_ = last;
  link_->resume(call_);
}

void ExchangeStream::abandon() {
  if (std::exchange(closed_, true)) return;
  link_->cancel(call_);
}

void ExchangeStream::on_data(std::string_view bytes) {
  if (closed_) return;
  owed_ += bytes.size();
  if (!reader_.append(bytes)) return refuse(reader_.problem());
  give_message();
}

size_t ExchangeStream::fill(std::span<uint8_t> out, bool* end) {
  if (outbox_.empty()) return 0;
  const size_t filled = outbox_.fill(out);
  if (outbox_.empty()) {
    *end = last_written_;
    inbox_->push(StreamWritten{id_, true});
  }
  return filled;
}

void ExchangeStream::refuse(const char* problem) {
  refused_ = true;
  if (!closed_) link_->cancel(call_);
  closed(std::string("the origin sent ") + problem);
}

void ExchangeStream::on_close(std::string detail) { closed(std::move(detail)); }

void ExchangeStream::closed(std::string detail) {
  closed_ = true;
  detail_ = printable(detail);
  give_message();
}

// ---- connection ----------------------------------------------------------------------------

std::shared_ptr<Http2Link> connect(net::Loop& loop, Http2Link::Options to, Carries carries) {
  to.stream_window = carries == Carries::Multiplex ? kMultiplexWindow : kStreamWindow;
  return Http2Link::connect(loop, std::move(to));
}

}  // namespace atl::rpc::client
