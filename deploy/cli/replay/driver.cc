#include "deploy/cli/replay/driver.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <memory>
#include <vector>

#include "deploy/cli/replay/expectation.h"
#include "deploy/cli/replay/transfer.h"
#include "deploy/cli/text.h"

namespace atl::cli {
namespace {

constexpr int kPollMs = 1000;
// Idle connections one thread keeps: every slot may have talked to every node.
constexpr size_t kMostConnections = 4096;

struct CleanupMulti {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

size_t node_count(const Plan& plan) {
  size_t nodes = 0;
  for (const Pop& pop : plan.pops) nodes += pop.endpoints.size();
  return nodes;
}

// One thread's loop. The order of the members matters: transfers die before the multi handle they
// may still be added to would be a libcurl misuse, so ~Driver removes them first.
class Driver {
 public:
  Driver(const Plan& plan, const ReplayOptions& options, RowFeed& feed, Progress& progress)
      : plan_(plan),
        options_(options),
        feed_(feed),
        progress_(progress),
        tally_(plan.pops.size()) {}
  ~Driver() {
    for (const auto& transfer : transfers_)
      curl_multi_remove_handle(multi_.get(), transfer->handle());
  }
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  Outcome<Tally> run(unsigned slots) {
    if (!prepare(slots)) return std::unexpected("libcurl cannot start");
    while (!idle_.empty() && start_next()) continue;
    while (in_flight_ != 0) {
      int running = 0;
      CURLMcode code = curl_multi_perform(multi_.get(), &running);
      reap();
      while (!idle_.empty() && start_next()) continue;
      if (code == CURLM_OK && in_flight_ != 0) {
        code = curl_multi_poll(multi_.get(), nullptr, 0, kPollMs, nullptr);
      }
      if (code != CURLM_OK) {
        return std::unexpected(fmt::format("libcurl failed: {}", curl_multi_strerror(code)));
      }
    }
    return std::move(tally_);
  }

 private:
  bool prepare(unsigned slots) {
    multi_.reset(curl_multi_init());
    headers_.reset(curl_slist_append(nullptr, fmt::format("Host: {}", options_.host).c_str()));
    if (!multi_ || !headers_) return false;
    const size_t keep = std::min<size_t>(slots * node_count(plan_), kMostConnections);
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(keep));
    const Transfer::Setup setup{headers_.get(),
                                std::max(1L, static_cast<long>(options_.stall.count() / 1000)),
                                options_.verify};
    for (unsigned i = 0; i < slots; ++i) {
      transfers_.push_back(std::make_unique<Transfer>(setup));
      if (transfers_.back()->handle() == nullptr) return false;
      idle_.push_back(transfers_.back().get());
    }
    return true;
  }

  bool start_next() {
    const auto row = feed_.next();
    if (!row) return false;
    Transfer* transfer = idle_.back();
    idle_.pop_back();
    transfer->begin(assign(plan_, row->number, options_.seed), expect(*row, options_.scale));
    curl_multi_add_handle(multi_.get(), transfer->handle());
    ++in_flight_;
    return true;
  }

  void reap() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* easy = message->easy_handle;
      const CURLcode code = message->data.result;  // the message dies with remove_handle
      char* self = nullptr;
      curl_easy_getinfo(easy, CURLINFO_PRIVATE, &self);
      auto* transfer = reinterpret_cast<Transfer*>(self);
      account(*transfer, code);
      curl_multi_remove_handle(multi_.get(), easy);
      idle_.push_back(transfer);
      --in_flight_;
    }
  }

  void account(const Transfer& transfer, CURLcode code) {
    const Transfer::Verdict verdict = transfer.judge(code);
    progress_.done.fetch_add(1, std::memory_order_relaxed);
    progress_.bytes.fetch_add(transfer.received(), std::memory_order_relaxed);
    if (!verdict.kind.empty()) {
      progress_.errors.fetch_add(1, std::memory_order_relaxed);
      tally_.fail(transfer.pop(), verdict.kind,
                  fmt::format("{}: {}", transfer.url(), printable(verdict.detail, 200)));
      return;
    }
    PopTally& pop = tally_.pops[transfer.pop()];
    pop.count(transfer.answered(), transfer.received());
    pop.first_byte.record(transfer.first_byte_us());
    pop.complete.record(transfer.complete_us());
    if (transfer.answered() == Answered::Hit) {
      progress_.hits.fetch_add(1, std::memory_order_relaxed);
    }
  }

  const Plan& plan_;
  const ReplayOptions& options_;
  RowFeed& feed_;
  Progress& progress_;
  Tally tally_;
  std::unique_ptr<curl_slist, FreeList> headers_;
  std::unique_ptr<CURLM, CleanupMulti> multi_;
  std::vector<std::unique_ptr<Transfer>> transfers_;
  std::vector<Transfer*> idle_;
  unsigned in_flight_ = 0;
};

}  // namespace

std::optional<trace::TraceRow> RowFeed::next() {
  if (stopped_) return std::nullopt;
  const std::lock_guard lock(mutex_);
  if (left_ == 0) return std::nullopt;
  auto row = reader_.next();
  if (!row) {
    problem_ = row.error();
    left_ = 0;
    return std::nullopt;
  }
  left_ = *row ? left_ - 1 : 0;
  return *row;
}

Outcome<Tally> drive(const Plan& plan, const ReplayOptions& options, unsigned slots, RowFeed& feed,
                     Progress& progress) {
  return Driver(plan, options, feed, progress).run(slots);
}

}  // namespace atl::cli
