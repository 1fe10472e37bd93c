#include "origin/sources/curl_loop.h"

#include <chrono>
#include <utility>

#include "lib/base/check.h"

namespace atl::origin {
namespace {

// How exactly deadlines are kept.
constexpr std::chrono::milliseconds kTick{50};
constexpr int kIdleWait = 60'000;

MonoTime now() { return std::chrono::steady_clock::now(); }

}  // namespace

CurlLoop::CurlLoop(Bounds bounds) : multi_(curl_multi_init()) {
  ATOLL_CHECK(multi_ != nullptr);
  curl_multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, bounds.connections);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, bounds.idle_connections);
  curl_multi_setopt(multi_, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
  thread_ = std::thread([this] { run(); });
}

CurlLoop::~CurlLoop() {
  stopping_ = true;
  curl_multi_wakeup(multi_);
  thread_.join();
  posted_.clear();
  for (const auto& [easy, _] : transfers_) curl_multi_remove_handle(multi_, easy);
  transfers_.clear();  // their handles go with them
  curl_multi_cleanup(multi_);
}

void CurlLoop::post(std::move_only_function<void()> task) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    wake = posted_.empty();
    posted_.push_back(std::move(task));
  }
  if (wake) curl_multi_wakeup(multi_);
}

void CurlLoop::add(CURL* easy, std::shared_ptr<Transfer> transfer) {
  transfers_.emplace(easy, std::move(transfer));
  if (curl_multi_add_handle(multi_, easy) != CURLM_OK) finish(easy, CURLE_FAILED_INIT);
}

void CurlLoop::remove(CURL* easy) {
  curl_multi_remove_handle(multi_, easy);
  transfers_.erase(easy);
}

void CurlLoop::run() {
  while (!stopping_) {
    run_posted();
    int running = 0;
    curl_multi_perform(multi_, &running);
    reap();
    tick();
    const int wait = transfers_.empty() ? kIdleWait : static_cast<int>(kTick.count());
    curl_multi_poll(multi_, nullptr, 0, wait, nullptr);
  }
}

void CurlLoop::run_posted() {
  std::vector<std::move_only_function<void()>> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(posted_);
  }
  for (auto& task : tasks) task();
}

void CurlLoop::reap() {
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg == CURLMSG_DONE) finish(message->easy_handle, message->data.result);
  }
}

void CurlLoop::tick() {
  const MonoTime time = now();
  if (time < next_tick_) return;
  next_tick_ = time + kTick;
  std::vector<std::pair<CURL*, CURLcode>> over;
  for (const auto& [easy, transfer] : transfers_) {
    if (const CURLcode code = transfer->on_tick(time); code != CURLE_OK)
      over.emplace_back(easy, code);
  }
  for (const auto& [easy, code] : over) finish(easy, code);
}

void CurlLoop::finish(CURL* easy, CURLcode result) {
  const auto it = transfers_.find(easy);
  if (it == transfers_.end()) return;
  const std::shared_ptr<Transfer> transfer = std::move(it->second);
  transfers_.erase(it);
  curl_socket_t connection = CURL_SOCKET_BAD;
  curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &connection);
  curl_multi_remove_handle(multi_, easy);
  transfer->on_done(result, connection);
}

}  // namespace atl::origin
