#include "edge/handover/taker.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "lib/base/log.h"
#include "lib/net/endpoint.h"

namespace atl::edge::handover {

std::expected<std::unique_ptr<Taker>, std::string> Taker::connect(net::Loop& loop,
                                                                  const std::string& path) {
  auto channel = net::MessageChannel::connect(loop, path);
  if (!channel && channel.error().code == Code::NotFound) return nullptr;
  if (!channel) return std::unexpected(fmt::format("{}: {}", path, channel.error().detail));
  std::unique_ptr<Taker> taker(new Taker(loop));
  taker->channel_ = std::move(*channel);
  if (const auto got = taker->receive_estate(); !got) {
    return std::unexpected(fmt::format("{}: {}", path, got.error()));
  }
  return taker;
}

std::expected<void, std::string> Taker::receive_estate() {
  channel_->send(kTake);
  for (;;) {
    auto message = channel_->receive(kLimit);
    if (!message) return std::unexpected(message.error().detail);
    const Line line = parse_line(message->text);
    if (line.verb == "instance" && line.words.size() == 1) {
      instance_ = line.words[0];
      return {};
    }
    if (line.verb != "socket" || line.words.size() != 2 || !message->descriptor) {
      return std::unexpected("the process there speaks otherwise than this version");
    }
    sockets_.push_back(
        {std::string(line.words[0]), std::string(line.words[1]), std::move(message->descriptor)});
  }
}

std::vector<server::ListeningSocket> Taker::take_sockets(std::string_view kind) {
  std::vector<server::ListeningSocket> taken;
  for (Socket& socket : sockets_) {
    if (socket.kind != kind) continue;
    const auto at = net::parse_endpoint(socket.address);
    if (at) taken.push_back({*at, kind == kHttps, std::move(socket.descriptor)});
  }
  std::erase_if(sockets_, [&](const Socket& socket) { return socket.kind == kind; });
  return taken;
}

std::expected<void, std::string> Taker::prepared() {
  channel_->send(kPrepared);
  const auto message = channel_->receive(kLimit);
  if (!message) return std::unexpected(message.error().detail);
  if (message->text != kReleased) return std::unexpected("the other process does not let go");
  return {};
}

void Taker::serving() {
  sockets_.clear();
  if (!channel_->send(kServing)) return on_closed();
  channel_->start([this](net::MessageChannel::Message message) { on_message(message.text); },
                  [this] { on_closed(); });
}

void Taker::purge(const PurgeSpec& spec, std::function<void()> done) {
  if (channel_ == nullptr) return done();
  const uint64_t number = ++last_purge_;
  purges_.emplace(number, std::move(done));
  // Having lost us, the other process ends its connections instead.
  if (!channel_->send(purge_message(number, spec))) on_closed();
}

void Taker::on_message(const std::string& text) {
  const auto number = parse_purged(text);
  const auto found = number ? purges_.find(*number) : purges_.end();
  if (found == purges_.end()) return;
  const std::function<void()> done = std::move(found->second);
  purges_.erase(found);
  done();
}

void Taker::on_closed() {
  if (channel_ != nullptr) log_info("the process before this one has ended");
  channel_ = nullptr;
  for (const auto& [number, done] : std::exchange(purges_, {})) done();
}

// ---- Node --------------------------------------------------------------------------------------

void SucceedingNode::apply_routes(std::shared_ptr<const RouteTable> routes) {
  node_.apply_routes(std::move(routes));
  if (auto on_serving = std::exchange(on_serving_, nullptr)) on_serving();
}

void SucceedingNode::purge(const PurgeSpec& spec, std::function<void(Result<PurgeOutcome>)> done) {
  struct Both {
    Result<PurgeOutcome> outcome;
    int missing = 2;
    std::function<void(Result<PurgeOutcome>)> done;
    void one() {
      if (--missing == 0) done(outcome);
    }
  };
  auto both = std::make_shared<Both>();
  both->done = std::move(done);
  node_.purge(spec, [both](Result<PurgeOutcome> outcome) {
    both->outcome = std::move(outcome);
    both->one();
  });
  taker_.purge(spec, [this, both] { loop_.post([both] { both->one(); }); });
}

}  // namespace atl::edge::handover
