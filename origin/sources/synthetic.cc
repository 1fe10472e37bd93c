#include "origin/sources/synthetic.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "lib/base/duration.h"
#include "lib/synthetic/content.h"
#include "origin/sources/pumped_exchange.h"
#include "origin/sources/request_path.h"

namespace atl::origin {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kMostDelay = std::chrono::minutes(1);
// Made where the request arrived: cheaper than waking another thread.
constexpr uint64_t kSmall = uint64_t{64} << 10;

WallTime wall_now() { return std::chrono::floor<milliseconds>(std::chrono::system_clock::now()); }

struct Wish {
  uint64_t size = 0;
  milliseconds ttl{0};
  milliseconds delay{0};
};

std::optional<uint64_t> parse_size(std::string_view text) {
  uint64_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return size;
}

std::optional<milliseconds> duration_or(std::string_view text, milliseconds fallback) {
  if (text.data() == nullptr) return fallback;
  const auto parsed = parse_duration(text);
  return parsed ? std::optional(*parsed) : std::nullopt;
}

// What the query asks for; null and a sentence in `problem` when it cannot be had.
std::optional<Wish> parse_wish(std::string_view query, const SyntheticOptions& options,
                               std::string& problem) {
  const auto size = parse_size(query_value(query, "size"));
  if (!size || *size > options.max_size.count) {
    problem = fmt::format("size=<bytes> is needed, at most {}\n", options.max_size.count);
    return std::nullopt;
  }
  const auto ttl = duration_or(query_value(query, "ttl"), options.ttl);
  const auto delay = duration_or(query_value(query, "delay"), milliseconds(0));
  if (!ttl || !delay || *delay > kMostDelay) {
    problem = "ttl and delay are durations such as 60s or 50ms, delay at most a minute\n";
    return std::nullopt;
  }
  return Wish{*size, *ttl, *delay};
}

class SyntheticExchange final : public PumpedExchange, public rpc::DeadlineQueue::Waiter {
 public:
  SyntheticExchange(const SyntheticOptions& options, TaskPool& pool,
                    std::shared_ptr<const rpc::OriginRequest> request,
                    std::shared_ptr<rpc::ExchangeResponder> responder)
      : PumpedExchange(pool, std::move(request), std::move(responder)) {
    const std::string_view target = this->request().target;
    const size_t mark = target.find('?');
    path_ = target.substr(0, mark);
    const std::string_view query = mark == std::string_view::npos ? "" : target.substr(mark);
    wish_ = parse_wish(query, options, problem_);
    content_.emplace(path_);
  }

  milliseconds delay() const { return wish_ ? wish_->delay : milliseconds(0); }
  bool small() const { return !wish_ || wish_->size <= kSmall; }
  void on_deadline() override { begin(); }

 private:
  std::optional<Plan> prepare(rpc::ExchangeFailure&) override {
    const WallTime now = wall_now();
    if (request().method != "GET" && request().method != "HEAD") {
      return plan_not_allowed(request(), now);
    }
    if (!wish_) return plan_text(request(), 400, problem_, now);
    Representation what;
    what.size = wish_->size;
    std::array<unsigned char, 8> first{};  // tells one name from another
    content_->fill(0, reinterpret_cast<char*>(first.data()), first.size());
    what.etag = fmt::format("\"{:02x}-{:x}\"", fmt::join(first, ""), wish_->size);
    what.content_type = "application/octet-stream";
    what.cache_control = fmt::format("public, max-age={}",
                                     std::chrono::floor<std::chrono::seconds>(wish_->ttl).count());
    return plan_answer(request(), what, now);
  }

  Failed fill(uint64_t offset, char* out, size_t size) override {
    content_->fill(offset, out, size);
    return std::nullopt;
  }

  std::string_view path_;  // of request().target
  std::optional<Wish> wish_;
  std::string problem_;  // when there is no wish
  std::optional<synthetic::Content> content_;
};

class SyntheticSource final : public Source {
 public:
  SyntheticSource(SyntheticOptions options, TaskPool& pool, rpc::DeadlineQueue& timers)
      : options_(options), pool_(pool), timers_(timers) {}

  std::shared_ptr<rpc::ExchangeHandler> open(
      std::shared_ptr<const rpc::OriginRequest> request,
      std::shared_ptr<rpc::ExchangeResponder> responder) override {
    auto exchange = std::make_shared<SyntheticExchange>(options_, pool_, std::move(request),
                                                        std::move(responder));
    if (exchange->delay().count() > 0) {
      timers_.add(std::chrono::steady_clock::now() + exchange->delay(), exchange);
    } else if (exchange->small()) {
      exchange->begin_here();
    } else {
      exchange->begin();
    }
    return exchange;
  }
  std::string_view type() const override { return "synthetic"; }
  Readiness readiness() const override { return {}; }

 private:
  const SyntheticOptions options_;
  TaskPool& pool_;
  rpc::DeadlineQueue& timers_;
};

}  // namespace

std::unique_ptr<Source> make_synthetic_source(SyntheticOptions options, TaskPool& pool,
                                              rpc::DeadlineQueue& timers) {
  return std::make_unique<SyntheticSource>(options, pool, timers);
}

}  // namespace atl::origin
