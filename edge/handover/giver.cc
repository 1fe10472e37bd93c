#include "edge/handover/giver.h"

#include <fmt/format.h>

#include <utility>

#include "lib/base/log.h"

namespace atl::edge::handover {

Giver::Giver(net::Loop& loop, Estate& estate)
    : loop_(loop),
      estate_(estate),
      limit_(loop, [this] { give_up("it takes too long"); }),
      self_(std::make_shared<Giver*>(this)) {}

std::expected<std::unique_ptr<Giver>, std::string> Giver::listen(net::Loop& loop,
                                                                 const std::string& path,
                                                                 Estate& estate) {
  std::unique_ptr<Giver> giver(new Giver(loop, estate));
  auto listener = net::MessageListener::listen(
      loop, path, [raw = giver.get()](auto channel) { raw->on_channel(std::move(channel)); });
  if (!listener) return std::unexpected(fmt::format("{}: {}", path, listener.error().detail));
  giver->listener_ = std::move(*listener);
  return giver;
}

void Giver::on_channel(std::unique_ptr<net::MessageChannel> channel) {
  if (step_ != Step::Alone) return log_warn("a second process wants to take over; it is refused");
  channel_ = std::move(channel);
  channel_->start([this](net::MessageChannel::Message message) { on_message(message.text); },
                  [this] { on_closed(); });
}

void Giver::on_message(const std::string& text) {
  if (step_ == Step::Alone && text == kTake) {
    log_info("another process prepares to take over");
    step_ = Step::Gathering;
    limit_.start(kLimit);
    return estate_.sockets([weak = std::weak_ptr(self_), round = ++round_](auto sockets) {
      const auto self = weak.lock();
      if (self && *self != nullptr && (*self)->round_ == round) (*self)->offer(std::move(sockets));
    });
  }
  if (step_ == Step::Offered && text == kPrepared) {
    step_ = Step::Released;
    estate_.release();
    if (!channel_->send(kReleased)) give_up("it does not listen");
    return;
  }
  if (step_ == Step::Released && text == kServing) {
    log_info("another process serves now");
    step_ = Step::Retired;
    limit_.stop();
    return estate_.retire();
  }
  if (step_ == Step::Retired && text.starts_with("purge ")) return relay(text);
  give_up("it said what was not its turn to say");
}

void Giver::offer(std::vector<Socket> sockets) {
  if (step_ != Step::Gathering) return;
  step_ = Step::Offered;
  bool said = true;
  for (const Socket& socket : sockets) {
    said = said &&
           channel_->send(socket_message(socket.kind, socket.address), socket.descriptor.get());
  }
  if (!said || !channel_->send(instance_message(estate_.instance()))) {
    give_up("it does not listen");
  }
}

void Giver::relay(const std::string& text) {
  auto purge = parse_purge(text);
  if (!purge) return give_up("it sent a purge that is none");
  estate_.purge(purge->spec, [weak = std::weak_ptr(self_), number = purge->number] {
    const auto self = weak.lock();
    if (self && *self != nullptr && (*self)->channel_) {
      (*self)->channel_->send(purged_message(number));
    }
  });
}

void Giver::on_closed() { give_up("it hung up"); }

void Giver::give_up(const char* why) {
  channel_ = nullptr;
  ++round_;
  limit_.stop();
  const Step step = step_;
  if (step == Step::Retired) return estate_.hurry();
  step_ = Step::Alone;
  if (step == Step::Alone) return;
  log_error("the other process did not take over: {}; this one goes on", why);
  if (step == Step::Released) estate_.take_back();
}

}  // namespace atl::edge::handover
