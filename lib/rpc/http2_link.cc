#include "lib/rpc/http2_link.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace atl::rpc::client {
namespace {

using std::chrono::milliseconds;

// Long enough for a SYN that is lost once; the caller has a limit of its own.
constexpr milliseconds kAttempt{2'000};
// In ticks of silence.
constexpr int kAsk = 2;
constexpr int kGiveUp = 3;
// What is handed to the kernel at once; beyond it the session keeps its frames to itself.
constexpr size_t kWriteAhead = size_t{256} << 10;

}  // namespace

Http2Link::Http2Link(net::Loop& loop, Options options)
    : loop_(loop),
      options_(std::move(options)),
      certificate_(options_.certificate),
      tick_(options_.patience / kGiveUp),
      session_({.authority = options_.endpoint, .stream_window = options_.stream_window}),
      keepalive_(loop, [this] { tick(); }) {}

Http2Link::~Http2Link() = default;

std::shared_ptr<Http2Link> Http2Link::connect(net::Loop& loop, Options options) {
  std::shared_ptr<Http2Link> link(new Http2Link(loop, std::move(options)));
  link->resolve(link->options_.endpoint);
  return link;
}

// ---- connecting ----------------------------------------------------------------------------

void Http2Link::resolve(const std::string& endpoint) {
  const auto name = net::parse_endpoint(endpoint);
  if (!name) return break_down(fmt::format("{}: {}", endpoint, name.error().detail));
  resolver_.emplace(loop_, *name, [this](Result<std::vector<net::Endpoint>> found) {
    const auto self = shared_from_this();
    if (!found) return break_down(fmt::format("{}: {}", options_.endpoint, found.error().detail));
    addresses_ = *std::move(found);
    std::ranges::reverse(addresses_);
    try_next("");
  });
}

void Http2Link::try_next(const char* last_problem) {
  if (addresses_.empty()) return break_down(fmt::format("{}: {}", options_.endpoint, last_problem));
  const net::Endpoint to = std::move(addresses_.back());
  addresses_.pop_back();
  connector_ = std::make_unique<net::TcpConnector>(
      loop_, to, kAttempt, [this](Result<std::unique_ptr<net::TcpStream>> connected) {
        const auto self = shared_from_this();
        if (connected) return this->connected(*std::move(connected));
        try_next(connected.error().detail);
      });
}

// ---- who the other end is ------------------------------------------------------------------

void Http2Link::connected(std::unique_ptr<net::Stream> stream) {
  if (options_.security == nullptr) return up(std::move(stream));
  options_.security->connector->connect(
      std::move(stream), options_.security->context,
      [weak = weak_from_this()](std::expected<net::TlsConnector::Secured, const char*> outcome) {
        const auto self = weak.lock();
        if (self == nullptr) return;
        if (outcome) return self->secured(*std::move(outcome));
        self->break_down(fmt::format("{}: {}", self->options_.endpoint, outcome.error()));
      });
}

void Http2Link::secured(net::TlsConnector::Secured secured) {
  if (broken_) return;
  auto other = trust::to_caller(secured.certificate);
  if (!other) return break_down(fmt::format("{}: {}", options_.endpoint, other.error()));
  other_ = *std::move(other);
  met_ = loop_.wall_now();
  if (std::string wrong = find_objection(); !wrong.empty()) {
    return break_down(std::move(wrong));
  }
  up(std::move(secured.stream));
}

// Empty: none. What was valid when hands were shaken is for as long as the connection lasts, unless
// it is revoked: the other end has a newer certificate by then, and calls are not cut off for that.
std::string Http2Link::find_objection() const {
  const char* wrong = nullptr;
  if (certificate_.empty()) {
    wrong = options_.security->guard->objection(*other_,
                                                {trust::Kind::Origin, trust::Kind::Control}, met_);
  } else if (other_->uri != certificate_) {
    wrong = "another node was expected there";
  } else {
    wrong = options_.security->guard->objection(*other_, {trust::Kind::Edge}, met_);
  }
  if (wrong == nullptr) return {};
  return fmt::format("{} is {}: {}", options_.endpoint, other_->uri, wrong);
}

void Http2Link::recheck(const std::string& certificate) {
  certificate_ = certificate;
  if (broken_ || !other_) return;  // it is looked at when it is known
  if (std::string wrong = find_objection(); !wrong.empty()) break_down(std::move(wrong));
}

void Http2Link::up(std::unique_ptr<net::Stream> stream) {
  stream_ = std::move(stream);
  stream_->set_reader(this);
  stream_->start_reading();
  keepalive_.start_periodic(tick_);
  flush();
}

// ---- calls ---------------------------------------------------------------------------------

int32_t Http2Link::open(Http2Stream& stream, std::string_view path) {
  const int32_t id = broken_ ? -1 : session_.open(stream, path);
  flush_later();
  return id;
}

void Http2Link::resume(int32_t id) {
  session_.resume(id);
  flush_later();
}

void Http2Link::consume(int32_t id, size_t bytes) {
  session_.consume(id, bytes);
  flush_later();
}

void Http2Link::cancel(int32_t id) {
  session_.cancel(id);
  flush_later();
}

void Http2Link::detach(int32_t id) { session_.detach(id); }

// ---- bytes ---------------------------------------------------------------------------------

void Http2Link::flush_later() {
  if (stream_ == nullptr || std::exchange(flush_posted_, true)) return;
  loop_.at_turn_end([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->flush();
  });
}

void Http2Link::flush() {
  flush_posted_ = false;
  if (broken_ || stream_ == nullptr) return;
  const auto self = shared_from_this();
  while (stream_->queued() == 0) {
    output_.clear();
    if (!session_.take_output(output_, kWriteAhead)) return break_down("the origin said goodbye");
    if (output_.empty()) return;
    const std::array<net::Bytes, 1> piece = {output_};
    const auto sent = stream_->try_write(piece);
    if (!sent) return on_error(sent.error());
    if (*sent == output_.size()) continue;
    auto rest = std::make_unique<std::string>(output_.substr(*sent));
    const std::array<net::Bytes, 1> left = {*rest};
    stream_->write(left, hold(std::move(rest)));  // on_drained() goes on
  }
}

void Http2Link::on_drained() { flush(); }

void Http2Link::on_read(net::Bytes bytes) {
  const auto self = shared_from_this();
  silent_ticks_ = 0;
  heard_ = true;
  if (!session_.receive(bytes)) return break_down("the origin broke HTTP/2");
  if (session_.wants_output()) flush_later();
}

void Http2Link::on_end() {
  break_down(heard_ || options_.security != nullptr
                 ? "the origin closed the connection"
                 : "the origin closed the connection without a word: it may want mutual TLS");
}

void Http2Link::on_error(Error error) {
  if (!heard_ && options_.security == nullptr && error.code == Code::Closed) return on_end();
  break_down(error.detail);
}

void Http2Link::tick() {
  if (broken_ || session_.idle()) return;
  if (++silent_ticks_ >= kGiveUp) return break_down("the origin does not answer");
  if (silent_ticks_ < kAsk) return;
  session_.ping();
  flush_later();
}

void Http2Link::break_down(std::string detail) {
  if (std::exchange(broken_, true)) return;
  const auto self = weak_from_this().lock();  // null while it is being made
  problem_ = std::move(detail);
  keepalive_.stop();
  if (stream_ != nullptr) stream_->stop_reading();
  session_.close_all(problem_);
}

}  // namespace atl::rpc::client
