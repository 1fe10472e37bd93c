#include "deploy/lab/live/driver.h"

#include <algorithm>
#include <utility>

#include "deploy/lab/live/outcome_of.h"

namespace atl::lab {
namespace {

using std::chrono::nanoseconds;

// What has not been answered so long after the last request was sent is an error.
constexpr std::chrono::milliseconds kPatience{15'000};
// The source `synthetic` waits no longer than that.
constexpr double kLongestServiceUs = 6e7;

MonoTime clock_now() { return SystemClock().mono(); }

uint64_t way_key(uint32_t cell, uint32_t pop) { return uint64_t{cell} << 32 | pop; }

}  // namespace

struct Driver::Open {
  Request request;
  uint32_t pop = 0;
  std::unique_ptr<HttpConnection> connection;
};

Driver::Driver(net::Loop& loop, Relay& relay, const Setup& setup, Traffic& traffic, Router& router,
               Tally& tally)
    : loop_(loop),
      relay_(relay),
      setup_(setup),
      traffic_(traffic),
      router_(router),
      tally_(tally),
      objects_(setup.scenario, setup.run),
      services_(Quantiles::lognormal(setup.scenario.origin.service_ms * 1000,
                                     setup.scenario.origin.service_sigma, kLongestServiceUs)),
      random_(setup.seed, 4),
      patience_(loop, [this] { done_(); }) {}

Driver::~Driver() = default;

Result<void> Driver::start(MonoTime began, std::function<void()> done) {
  done_ = std::move(done);
  auto timer = net::PreciseTimer::make(loop_, [this] { next(); });
  if (!timer) return std::unexpected(timer.error());
  timer_ = *std::move(timer);
  began_ = began;
  due_ = traffic_.next();
  timer_->start_at(began);
  return {};
}

void Driver::next() {
  while (due_ && began_ + nanoseconds{due_->at} <= clock_now()) {
    send(*due_);
    due_ = traffic_.next();
  }
  if (due_) return timer_->start_at(began_ + nanoseconds{due_->at});
  patience_.start(kPatience);
  check_over();
}

void Driver::check_over() {
  if (due_ || !open_.empty()) return;
  patience_.stop();
  done_();
}

// To a PoP, or without a CDN to the edge that stands where the origin is.
Result<Driver::Way*> Driver::way_of(uint32_t cell, uint32_t pop) {
  const auto [at, fresh] = ways_.try_emplace(way_key(cell, pop));
  if (!fresh) return &at->second;
  RelayLink link{
      .path = setup_.run.cdn ? setup_.paths.to_pop(cell, pop) : setup_.paths.to_origin(cell),
      .tls = setup_.scenario.network.tls,
      .slow_start = true};
  for (const bool cold : {true, false}) {
    link.connects = cold;
    const auto door = relay_.add(setup_.address, setup_.edge_of(pop), link);
    if (!door) return std::unexpected(door.error());
    (cold ? at->second.cold : at->second.warm) = relay_.entrance(*door);
  }
  return &at->second;
}

// Without one that is idle a warm one is made: in the scenario there is one.
std::unique_ptr<HttpConnection> Driver::connection_of(Way& way, bool connects) {
  std::erase_if(way.idle, [](const auto& connection) { return !connection->usable(); });
  if (connects || way.idle.empty()) {
    return std::make_unique<HttpConnection>(loop_, connects ? way.cold : way.warm);
  }
  auto connection = std::move(way.idle.back());
  way.idle.pop_back();
  return connection;
}

void Driver::send(const Request& request) {
  ++sent_;
  lateness_.record(static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(
                                             clock_now() - began_ - nanoseconds{request.at})
                                             .count()));
  const auto pop = setup_.run.cdn ? router_.route(request.cell, request.group, request.at)
                                  : std::optional<uint32_t>(0);
  if (!pop) return fail(request, Tally::kNoPop);
  const auto way = way_of(request.cell, *pop);
  if (!way) return fail(request, *pop);
  const uint64_t number = sent_;
  auto connection = connection_of(**way, request.connects);
  HttpConnection& used = *connection;
  open_.emplace(number, std::make_unique<Open>(Open{request, *pop, std::move(connection)}));
  const double service_us = static_cast<double>(services_.at(random_.next())) * factor_;
  const auto delay_ms = static_cast<uint64_t>(std::min(service_us, kLongestServiceUs) / 1000 + 0.5);
  used.ask(objects_.request(request.object, request.bytes, delay_ms),
           [this, number](const HttpConnection::Answer& answer) { answered(number, answer); });
}

void Driver::answered(uint64_t number, const HttpConnection::Answer& answer) {
  const auto found = open_.find(number);
  if (found == open_.end()) return;
  const std::unique_ptr<Open> open = std::move(found->second);
  open_.erase(found);
  const Request& request = open->request;
  const MonoTime due = began_ + nanoseconds{request.at};
  tally_.record(
      {.at = request.at,
       .cell = request.cell,
       .pop = setup_.run.cdn ? open->pop : Tally::kNoPop,
       .served = answer.whole ? served_of(answer.status, answer.cache_status) : Served::Error,
       .bytes = answer.bytes,
       .first = nanoseconds(answer.first - due).count(),
       .complete = nanoseconds(answer.last - due).count()});
  if (open->connection->usable()) {
    ways_[way_key(request.cell, open->pop)].idle.push_back(std::move(open->connection));
  } else {
    loop_.dispose(std::move(open->connection));
  }
  check_over();
}

void Driver::fail(const Request& request, uint32_t pop) {
  tally_.record(
      {.at = request.at, .cell = request.cell, .pop = setup_.run.cdn ? pop : Tally::kNoPop});
}

void Driver::give_up() {
  for (const auto& [number, open] : open_) fail(open->request, open->pop);
  open_.clear();
}

}  // namespace atl::lab
