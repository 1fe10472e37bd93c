#include "origin/sources/group.h"

#include <algorithm>
#include <functional>
#include <mutex>
#include <utility>

#include "lib/base/log.h"
#include "origin/sources/methods.h"

namespace atl::origin {
namespace {

class GroupExchange;

struct Group {
  std::vector<GroupMember> members;
  std::vector<uint16_t> failover_statuses;
};

// What one member sees as its responder. Says nothing more once the group has gone on.
class Attempt final : public rpc::ExchangeResponder {
 public:
  Attempt(std::shared_ptr<GroupExchange> exchange, size_t index)
      : exchange_(std::move(exchange)), index_(index) {}

  void inform(uint16_t status, std::string_view fields) override;
  bool head(rpc::OriginResponse response) override;
  bool write(std::string piece) override;
  void end(std::string trailers) override;
  void fail(rpc::ExchangeFailure failure) override;
  void read_body() override;
  void request_sent() override;

 private:
  const std::shared_ptr<GroupExchange> exchange_;
  const size_t index_;
};

// One exchange: at most one attempt is current.
class GroupExchange final : public rpc::ExchangeHandler,
                            public std::enable_shared_from_this<GroupExchange> {
 public:
  GroupExchange(const Group& group, std::shared_ptr<const rpc::OriginRequest> request,
                std::shared_ptr<rpc::ExchangeResponder> responder)
      : group_(group), request_(std::move(request)), responder_(std::move(responder)) {}

  void try_member(size_t index);

  // From attempt `index`; all are ignored unless it is current.
  bool current(size_t index);
  bool on_head(size_t index, rpc::OriginResponse response);
  void on_fail(size_t index, rpc::ExchangeFailure failure);
  void on_sent(size_t index);
  void on_read_body(size_t index);
  rpc::ExchangeResponder& responder() { return *responder_; }

  // ExchangeHandler, for the current attempt.
  void on_writable() override {
    pass([](rpc::ExchangeHandler& handler) { handler.on_writable(); });
  }
  void on_body(std::string piece) override {
    pass([piece = std::move(piece)](rpc::ExchangeHandler& handler) mutable {
      handler.on_body(std::move(piece));
    });
  }
  void on_body_end(std::string trailers) override {
    pass([trailers = std::move(trailers)](rpc::ExchangeHandler& handler) mutable {
      handler.on_body_end(std::move(trailers));
    });
  }
  void on_cancel() override;
  void on_over();  // nothing more is said to the responder

 private:
  using Message = std::move_only_function<void(rpc::ExchangeHandler&)>;
  void pass(Message message);
  bool may_go_on(size_t index, bool request_seen) const;  // lock held

  const Group& group_;
  const std::shared_ptr<const rpc::OriginRequest> request_;
  const std::shared_ptr<rpc::ExchangeResponder> responder_;

  std::mutex mutex_;
  size_t current_ = 0;
  bool opening_ = false;           // the member's open() has not returned
  std::vector<Message> messages_;  // for its handler, meanwhile
  bool committed_ = false;         // a head went out: this member's answer is the answer
  bool body_read_ = false;         // the request body cannot be had a second time
  bool cancelled_ = false;
  bool over_ = false;
  std::shared_ptr<rpc::ExchangeHandler>
      handler_;  // refers to this by its responder: let go at the end
};

void GroupExchange::pass(Message message) {
  std::shared_ptr<rpc::ExchangeHandler> handler;
  {
    const std::lock_guard lock(mutex_);
    if (opening_) return messages_.push_back(std::move(message));
    handler = handler_;
  }
  if (handler != nullptr) message(*handler);
}

void GroupExchange::on_over() {
  std::shared_ptr<rpc::ExchangeHandler> handler;
  const std::lock_guard lock(mutex_);
  over_ = true;
  handler.swap(handler_);
}

bool GroupExchange::current(size_t index) {
  const std::lock_guard lock(mutex_);
  return index == current_ && !cancelled_;
}

bool GroupExchange::may_go_on(size_t index, bool request_seen) const {
  if (committed_ || cancelled_ || body_read_ || index + 1 >= group_.members.size()) return false;
  return !request_seen || (!request_->has_body() && is_idempotent(request_->method));
}

void GroupExchange::try_member(size_t index) {
  {
    const std::lock_guard lock(mutex_);
    if (cancelled_) return;
    current_ = index;
    opening_ = true;
    handler_.reset();
  }
  auto handler = group_.members[index].source->open(
      request_, std::make_shared<Attempt>(shared_from_this(), index));
  bool stop = false;
  std::vector<Message> messages;
  {
    const std::lock_guard lock(mutex_);
    stop = cancelled_ || current_ != index;
    if (current_ == index) {
      opening_ = false;
      messages.swap(messages_);
      if (!over_ && !cancelled_) handler_ = handler;
    }
  }
  if (handler == nullptr) return;
  if (stop) return handler->on_cancel();
  for (Message& message : messages) message(*handler);
}

bool GroupExchange::on_head(size_t index, rpc::OriginResponse response) {
  std::shared_ptr<rpc::ExchangeHandler> left;
  {
    const std::lock_guard lock(mutex_);
    if (index != current_ || cancelled_) return false;
    const bool failed = std::ranges::find(group_.failover_statuses, response.status) !=
                        group_.failover_statuses.end();
    if (failed && may_go_on(index, true)) {
      current_ = index + 1;  // what this member still says is ignored
      left = std::move(handler_);
    } else {
      committed_ = true;
    }
  }
  if (current(index)) {
    response.answered_by = group_.members[index].name;
    return responder_->head(std::move(response));
  }
  log_info("request {}: {} answered {}, asking {}", request_->request_id,
           group_.members[index].name, response.status, group_.members[index + 1].name);
  if (left != nullptr) left->on_cancel();
  try_member(index + 1);
  return false;
}

void GroupExchange::on_fail(size_t index, rpc::ExchangeFailure failure) {
  {
    const std::lock_guard lock(mutex_);
    if (index != current_ || cancelled_) return;
    if (!may_go_on(index, failure.request_seen)) {
      committed_ = true;
    } else {
      current_ = index + 1;
    }
  }
  if (current(index)) {
    on_over();
    return responder_->fail(std::move(failure));
  }
  log_info("request {}: {} failed ({}), asking {}", request_->request_id,
           group_.members[index].name, rpc::to_string(failure.reason),
           group_.members[index + 1].name);
  try_member(index + 1);
}

void GroupExchange::on_sent(size_t index) {
  if (current(index)) responder_->request_sent();
}

void GroupExchange::on_read_body(size_t index) {
  {
    const std::lock_guard lock(mutex_);
    if (index != current_ || cancelled_) return;
    body_read_ = true;
  }
  responder_->read_body();
}

void GroupExchange::on_cancel() {
  std::shared_ptr<rpc::ExchangeHandler> handler;
  {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    handler = std::move(handler_);
  }
  if (handler != nullptr) handler->on_cancel();
}

void Attempt::inform(uint16_t status, std::string_view fields) {
  if (exchange_->current(index_)) exchange_->responder().inform(status, fields);
}
bool Attempt::head(rpc::OriginResponse response) {
  return exchange_->on_head(index_, std::move(response));
}
bool Attempt::write(std::string piece) {
  return exchange_->current(index_) && exchange_->responder().write(std::move(piece));
}
void Attempt::end(std::string trailers) {
  if (!exchange_->current(index_)) return;
  exchange_->on_over();
  exchange_->responder().end(std::move(trailers));
}
void Attempt::fail(rpc::ExchangeFailure failure) { exchange_->on_fail(index_, std::move(failure)); }
void Attempt::read_body() { exchange_->on_read_body(index_); }
void Attempt::request_sent() { exchange_->on_sent(index_); }

class GroupSource final : public Source {
 public:
  explicit GroupSource(Group group) : group_(std::move(group)) {}

  std::shared_ptr<rpc::ExchangeHandler> open(
      std::shared_ptr<const rpc::OriginRequest> request,
      std::shared_ptr<rpc::ExchangeResponder> responder) override {
    auto exchange =
        std::make_shared<GroupExchange>(group_, std::move(request), std::move(responder));
    exchange->try_member(0);
    return exchange;
  }
  std::string_view type() const override { return "group"; }
  Readiness readiness() const override {
    std::string detail;
    for (const GroupMember& member : group_.members) {
      const Readiness readiness = member.source->readiness();
      if (readiness.ready) return {};
      detail.append(detail.empty() ? "" : "; ").append(member.name + ": " + readiness.detail);
    }
    return {false, detail};
  }

 private:
  const Group group_;
};

}  // namespace

std::unique_ptr<Source> make_group_source(std::vector<GroupMember> members,
                                          std::vector<uint16_t> failover_statuses) {
  return std::make_unique<GroupSource>(Group{std::move(members), std::move(failover_statuses)});
}

}  // namespace atl::origin
