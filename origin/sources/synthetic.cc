#include "origin/sources/synthetic.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "lib/base/duration.h"
#include "lib/http/chars.h"
#include "lib/http/field_block.h"
#include "lib/synthetic/content.h"
#include "origin/sources/field_lines.h"
#include "origin/sources/pumped_exchange.h"
#include "origin/sources/request_path.h"
#include "origin/sources/service_line.h"

namespace atl::origin {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kMostDelay = std::chrono::minutes(1);
// Made where the request arrived: cheaper than waking another thread.
constexpr uint64_t kSmall = uint64_t{64} << 10;

WallTime wall_now() { return std::chrono::floor<milliseconds>(std::chrono::system_clock::now()); }

struct Wish {
  uint64_t size = 0;
  std::string cache_control;
  std::string tags;  // with spaces between them
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

int64_t whole_seconds(milliseconds time) {
  return std::chrono::floor<std::chrono::seconds>(time).count();
}

std::string cache_control(milliseconds ttl, milliseconds while_revalidating,
                          milliseconds if_error) {
  std::string text = fmt::format("public, max-age={}", whole_seconds(ttl));
  if (while_revalidating.count() != 0) {
    text += fmt::format(", stale-while-revalidate={}", whole_seconds(while_revalidating));
  }
  if (if_error.count() != 0) text += fmt::format(", stale-if-error={}", whole_seconds(if_error));
  return text;
}

// Of every `tag=` in the query; nothing when one is no token.
std::optional<std::string> parse_tags(std::string_view query) {
  std::string tags;
  query.remove_prefix(std::min<size_t>(query.size(), 1));
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (!pair.starts_with("tag=")) continue;
    if (!http::is_token(pair.substr(4))) return std::nullopt;
    tags += tags.empty() ? "" : " ";
    tags += pair.substr(4);
  }
  return tags;
}

// What is asked for; null and a sentence in `problem` when it cannot be had.
std::optional<Wish> parse_wish(std::string_view query, std::string_view fields,
                               const SyntheticOptions& options, std::string& problem) {
  const auto size = parse_size(query_value(query, "size"));
  if (!size || *size > options.max_size.count) {
    problem = fmt::format("size=<bytes> is needed, at most {}\n", options.max_size.count);
    return std::nullopt;
  }
  const auto ttl = duration_or(query_value(query, "ttl"), options.ttl);
  const auto swr = duration_or(query_value(query, "swr"), milliseconds(0));
  const auto sie = duration_or(query_value(query, "sie"), milliseconds(0));
  const auto in_field = combined_value(fields, "Synthetic-Delay");
  const auto delay =
      duration_or(in_field ? std::string_view(*in_field) : query_value(query, "delay"), {});
  if (!ttl || !swr || !sie || !delay || *delay > kMostDelay) {
    problem = "ttl, swr, sie and delay are durations such as 60s or 50ms, delay at most a minute\n";
    return std::nullopt;
  }
  auto tags = parse_tags(query);
  if (!tags) {
    problem = "a tag is a token\n";
    return std::nullopt;
  }
  return Wish{*size, cache_control(*ttl, *swr, *sie), *std::move(tags), *delay};
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
    wish_ = parse_wish(query, this->request().fields, options, problem_);
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
    what.cache_control = wish_->cache_control;
    Plan plan = plan_answer(request(), what, now);
    if (!wish_->tags.empty()) http::append_field(plan.head.fields, "Surrogate-Key", wish_->tags);
    return plan;
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
      : options_(options),
        pool_(pool),
        timers_(timers),
        line_(std::make_shared<ServiceLine>(options.concurrency, timers)) {}
  ~SyntheticSource() override { line_->close(); }

  std::shared_ptr<rpc::ExchangeHandler> open(
      std::shared_ptr<const rpc::OriginRequest> request,
      std::shared_ptr<rpc::ExchangeResponder> responder) override {
    auto exchange = std::make_shared<SyntheticExchange>(options_, pool_, std::move(request),
                                                        std::move(responder));
    if (options_.concurrency != 0) {
      line_->enter(exchange->delay(), exchange);
    } else if (exchange->delay().count() > 0) {
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
  const std::shared_ptr<ServiceLine> line_;
};

}  // namespace

std::unique_ptr<Source> make_synthetic_source(SyntheticOptions options, TaskPool& pool,
                                              rpc::DeadlineQueue& timers) {
  return std::make_unique<SyntheticSource>(options, pool, timers);
}

}  // namespace atl::origin
