#include "lib/store/redis/inquiry.h"

#include <utility>

namespace atl::store::redis {

Inquiry::Inquiry(net::Loop& loop, LinkOptions options, std::string question, OnAnswer on_answer,
                 OnNothing on_nothing)
    : loop_(loop),
      options_(std::move(options)),
      question_(std::move(question)),
      on_answer_(std::move(on_answer)),
      on_nothing_(std::move(on_nothing)),
      self_(std::make_shared<Inquiry*>(this)),
      timer_(loop, [this] { begin(); }) {}

Inquiry::~Inquiry() {
  *self_ = nullptr;
  drop();
}

void Inquiry::drop() {
  if (link_ != nullptr) loop_.dispose(std::move(link_));
}

void Inquiry::ask() {
  if (to_try_ > 0) return;
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(begun_ + kSpacing - loop_.now());
  if (begun_ == MonoTime{} || wait.count() <= 0)
    begin();
  else
    timer_.start(wait);
}

void Inquiry::begin() {
  if (to_try_ > 0 || servers_.empty()) return;
  begun_ = loop_.now();
  to_try_ = servers_.size();
  ask_next();
}

void Inquiry::ask_next() {
  if (to_try_ == 0) {
    on_nothing_(why_);
    timer_.start(kSpacing);
    return;
  }
  if (link_ == nullptr || link_->down()) {
    drop();
    link_ = std::make_unique<Link>(loop_, servers_[next_ % servers_.size()], options_,
                                   [self = self_](const char* why) {
                                     if (*self != nullptr) (*self)->why_ = why;
                                   });
  }
  const net::Endpoint from = link_->to();
  link_->send(question_, 1, loop_.now() + kPatience, false,
              [self = self_, from](std::expected<Reply, Loss> reply) {
                Inquiry* here = *self;
                if (here == nullptr) return;
                if (reply && here->on_answer_(*reply, from)) {
                  if (*self != nullptr) here->to_try_ = 0;
                  return;
                }
                if (reply) here->why_ = "the server does not know";
                here->drop();
                ++here->next_;
                --here->to_try_;
                here->ask_next();
              });
}

}  // namespace atl::store::redis
