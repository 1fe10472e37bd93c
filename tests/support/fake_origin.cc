#include "tests/support/fake_origin.h"

#include <algorithm>
#include <utility>

namespace atl::test {

FakeCall::FakeCall(net::Loop& loop, std::string_view at, const rpc::ExchangeHead& head,
                   rpc::ExchangeObserver& observer)
    : endpoint(at),
      method(head.method),
      authority(head.authority),
      target(head.target),
      fields(head.fields),
      client_address(head.client_address),
      body_length(head.body_length),
      loop_(loop),
      observer_(&observer) {}

void FakeCall::inform(uint16_t status, std::string_view lines) {
  if (observer_ != nullptr) observer_->on_informational(status, lines);
}

void FakeCall::head(uint16_t status, std::string_view lines, std::optional<uint64_t> length) {
  if (observer_ == nullptr) return;
  observer_->on_head(
      {.status = status, .reason = {}, .fields = lines, .body_length = length, .answered_by = {}});
}

void FakeCall::body(std::string bytes) {
  if (observer_ != nullptr) observer_->on_body(std::move(bytes));
}

void FakeCall::end(std::string_view trailers) {
  if (observer_ == nullptr) return;
  ended_ = true;
  std::exchange(observer_, nullptr)->on_end(trailers);
}

void FakeCall::fail(rpc::FailureReason reason, bool request_seen, std::string detail) {
  if (observer_ == nullptr) return;
  ended_ = true;
  std::exchange(observer_, nullptr)->on_failure({reason, request_seen, std::move(detail)});
}

void FakeCall::answer(uint16_t status, std::string_view lines, std::string bytes) {
  head(status, lines, bytes.size());
  if (!bytes.empty()) body(std::move(bytes));
  end();
}

void FakeCall::request_writable() {
  if (observer_ != nullptr) observer_->on_request_writable();
}

size_t FakeOrigin::opened() const {
  const std::lock_guard lock(mutex_);
  return calls_.size();
}

std::vector<FakeCallPtr> FakeOrigin::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

void FakeOrigin::set_down(std::string endpoint) {
  const std::lock_guard lock(mutex_);
  down_.push_back(std::move(endpoint));
}

std::optional<bool> FakeOrigin::reachable(std::string_view endpoint) const {
  const std::lock_guard lock(mutex_);
  if (std::find(down_.begin(), down_.end(), endpoint) != down_.end()) return false;
  return std::nullopt;
}

void FakeOrigin::add(const FakeCallPtr& call) {
  const std::lock_guard lock(mutex_);
  calls_.push_back(call);
}

class FakeClient final : public rpc::ExchangeClient {
 public:
  FakeClient(net::Loop& loop, FakeOrigin& origin) : loop_(loop), origin_(origin) {}

  std::unique_ptr<rpc::ExchangeCall> open(std::string_view endpoint, const rpc::ExchangeHead& head,
                                          rpc::ExchangeObserver& observer) override {
    auto call = std::make_shared<FakeCall>(loop_, endpoint, head, observer);
    origin_.add(call);
    loop_.post([call, &origin = origin_] {
      if (!call->cancelled() && origin.on_open) origin.on_open(call);
    });
    return std::make_unique<Handle>(call);
  }

  void use_tls(std::shared_ptr<const net::TlsClientContext>,
               std::shared_ptr<const trust::Guard>) override {}  // there is no wire

  std::optional<bool> reachable(std::string_view endpoint) const override {
    return origin_.reachable(endpoint);
  }

 private:
  class Handle final : public rpc::ExchangeCall {
   public:
    explicit Handle(FakeCallPtr call) : call_(std::move(call)) {}
    ~Handle() override { call_->observer_ = nullptr; }
    void pause() override { call_->paused_ = true; }
    void resume() override {
      call_->paused_ = false;
      if (call_->on_resume) call_->loop().post([call = call_] { call->on_resume(); });
    }
    bool send_body(std::string_view bytes) override {
      call_->request_body_ += bytes;
      return call_->takes_more;
    }
    void end_body(std::string_view) override { call_->request_complete_ = true; }

   private:
    FakeCallPtr call_;
  };

  net::Loop& loop_;
  FakeOrigin& origin_;
};

std::unique_ptr<rpc::ExchangeClient> make_fake_client(net::Loop& loop, FakeOrigin& origin) {
  return std::make_unique<FakeClient>(loop, origin);
}

}  // namespace atl::test
