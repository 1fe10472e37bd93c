#include "origin/stats/counted_service.h"

#include <optional>
#include <utility>

namespace atl::origin {
namespace {

// Passes everything on, and counts the exchange when its source lets go of it.
class CountedResponder final : public rpc::ExchangeResponder {
 public:
  CountedResponder(std::shared_ptr<rpc::ExchangeResponder> inner, SourceCounters& counters,
                   const Clock& clock)
      : inner_(std::move(inner)), counters_(counters), clock_(clock), began_(clock.mono()) {
    counters_.begun.fetch_add(1, std::memory_order_relaxed);
  }
  ~CountedResponder() override {
    counters_.ended[static_cast<size_t>(ending_)].fetch_add(1, std::memory_order_relaxed);
    counters_.sent_bytes.fetch_add(sent_, std::memory_order_relaxed);
  }
  CountedResponder(const CountedResponder&) = delete;
  CountedResponder& operator=(const CountedResponder&) = delete;

  void inform(uint16_t status, std::string_view fields) override { inner_->inform(status, fields); }
  bool head(rpc::OriginResponse response) override {
    status_ = response.status;
    counters_.head_after(clock_.mono() - began_);
    return inner_->head(std::move(response));
  }
  bool write(std::string piece) override {
    sent_ += piece.size();
    return inner_->write(std::move(piece));
  }
  void end(std::string trailers) override {
    if (status_) ending_ = ending_of(*status_);
    inner_->end(std::move(trailers));
  }
  void fail(rpc::ExchangeFailure failure) override {
    ending_ = status_ ? Ending::CutOff : Ending::Failed;
    inner_->fail(std::move(failure));
  }
  void read_body() override { inner_->read_body(); }
  void request_sent() override { inner_->request_sent(); }

 private:
  const std::shared_ptr<rpc::ExchangeResponder> inner_;
  SourceCounters& counters_;
  const Clock& clock_;
  const MonoTime began_;
  std::optional<uint16_t> status_;
  uint64_t sent_ = 0;
  Ending ending_ = Ending::Abandoned;
};

}  // namespace

CountedService::CountedService(rpc::ExchangeService& inner, const Clock& clock)
    : inner_(inner), clock_(clock) {
  for (const rpc::SourceStatus& source : inner.describe()) sources_[source.name];
}

std::shared_ptr<rpc::ExchangeHandler> CountedService::open(
    std::shared_ptr<const rpc::OriginRequest> request,
    std::shared_ptr<rpc::ExchangeResponder> responder) {
  const auto counters = sources_.find(request->source);
  if (counters == sources_.end()) {
    unknown_.fetch_add(1, std::memory_order_relaxed);
    return inner_.open(std::move(request), std::move(responder));
  }
  return inner_.open(std::move(request), std::make_shared<CountedResponder>(
                                             std::move(responder), counters->second, clock_));
}

}  // namespace atl::origin
