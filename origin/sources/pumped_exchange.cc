#include "origin/sources/pumped_exchange.h"

#include <algorithm>
#include <utility>

namespace atl::origin {
namespace {

constexpr uint64_t kPiece = uint64_t{64} << 10;

}  // namespace

PumpedExchange::PumpedExchange(TaskPool& pool, std::shared_ptr<const rpc::OriginRequest> request,
                               std::shared_ptr<rpc::ExchangeResponder> responder)
    : pool_(pool), request_(std::move(request)), responder_(std::move(responder)) {}

void PumpedExchange::begin() {
  pool_.post([self = shared_from_this()] { self->run(); });
}

void PumpedExchange::begin_here() { run(); }

void PumpedExchange::run() {
  if (cancelled_) return;
  if (plan_ || send_head()) send_body();
}

bool PumpedExchange::send_head() {
  rpc::ExchangeFailure failure;
  plan_ = prepare(failure);
  if (!plan_) {
    responder_->fail(std::move(failure));
    return false;
  }
  return responder_->head(std::move(plan_->head));
}

// Nothing of this object may be touched after a call that returned false: on_writable() may have
// put another thread of the pool to work already.
void PumpedExchange::send_body() {
  if (!plan_->text.empty() && !responder_->write(std::exchange(plan_->text, {}))) return;
  while (plan_->length > 0) {
    if (cancelled_) return;
    const size_t size = std::min(plan_->length, kPiece);
    std::string piece;
    Failed failed;
    piece.resize_and_overwrite(size, [&](char* out, size_t) {
      failed = fill(plan_->offset, out, size);
      return size;
    });
    if (failed) return responder_->fail(std::move(*failed));
    plan_->offset += size;
    plan_->length -= size;
    if (!responder_->write(std::move(piece))) return;
  }
  if (Failed failed = check_end()) return responder_->fail(std::move(*failed));
  responder_->end();
}

}  // namespace atl::origin
