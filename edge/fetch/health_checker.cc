#include "edge/fetch/health_checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "edge/fetch/health_tally.h"

namespace atl::edge {
namespace {

bool same_check(const OriginEndpoint& a, const OriginEndpoint& b) {
  return a.identity == b.identity && a.health_check == b.health_check;
}

}  // namespace

// One origin's checks. A check is over with the head of its answer: the body is not wanted.
class HealthChecker::Check final : rpc::ExchangeObserver {
 public:
  Check(HealthChecker& checker, const OriginEndpoint& origin)
      : checker_(checker),
        origin_(origin),
        settings_(*origin.health_check),
        next_(checker.loop_, [this] { ask(); }),
        limit_(checker.loop_, [this] { over(false, "no answer in time"); }) {
    next_.start_periodic(settings_.interval);
    ask();
  }

  const OriginEndpoint& origin() const { return origin_; }

 private:
  void ask() {
    call_ = checker_.client_.open(origin_.endpoint,
                                  {.source = origin_.source,
                                   .method = "GET",
                                   .scheme = "http",
                                   .authority = settings_.host,
                                   .target = settings_.path,
                                   .fields = checker_.fields_,
                                   .body_length = 0,
                                   .client_address = {},
                                   .traceparent = {},
                                   .request_id = {},
                                   .timeout = settings_.timeout,
                                   .head_timeout = settings_.timeout},
                                  *this);
    limit_.start(settings_.timeout);
  }

  void over(bool good, std::string detail) {
    limit_.stop();
    call_ = nullptr;
    const bool changed = tally_.add(good, settings_.unhealthy_after, settings_.healthy_after);
    // A bad answer is told even when it changes nothing: what is wrong may be another thing now.
    if (changed || (!good && !tally_.healthy())) {
      checker_.book_.set_health(origin_, tally_.healthy(), std::move(detail));
    }
  }

  void on_informational(uint16_t, std::string_view) override {}
  void on_head(const rpc::ExchangeResponseHead& head) override {
    const bool good = head.status >= 200 && head.status < 400;
    over(good, good ? std::string() : fmt::format("status {}", head.status));
  }
  void on_failure(const rpc::ExchangeFailure& failure) override {
    over(false, std::string(rpc::to_string(failure.reason)));
  }
  void on_body(std::string) override {}
  void on_end(std::string_view) override {}
  void on_request_writable() override {}

  HealthChecker& checker_;
  const OriginEndpoint origin_;
  const HealthCheck settings_;
  HealthTally tally_;
  net::Timer next_;
  net::Timer limit_;
  std::unique_ptr<rpc::ExchangeCall> call_;  // null: between two checks
};

HealthChecker::HealthChecker(net::Loop& loop, rpc::ExchangeClient& client, OriginBook& book,
                             const Identity& identity)
    : loop_(loop),
      client_(client),
      book_(book),
      fields_(fmt::format("User-Agent: {}-health\r\nCache-Control: no-cache\r\n{}", identity.name,
                          identity.loop_line)) {}

HealthChecker::~HealthChecker() = default;

void HealthChecker::set_routes(const RouteTable& routes) {
  std::vector<std::unique_ptr<Check>> kept;
  for (const OriginEndpoint& origin : routes.origins()) {
    if (!origin.health_check) continue;
    const auto old = std::find_if(checks_.begin(), checks_.end(), [&](const auto& check) {
      return check != nullptr && same_check(check->origin(), origin);
    });
    if (old != checks_.end()) {
      kept.push_back(std::move(*old));
    } else {
      book_.set_health(origin, true, {});  // until the new check says otherwise
      kept.push_back(std::make_unique<Check>(*this, origin));
    }
  }
  checks_ = std::move(kept);
}

}  // namespace atl::edge
