#pragma once

#include <curl/curl.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "lib/base/clock.h"

namespace atl::origin {

// One transfer on a CurlLoop. Every call comes on the loop's thread.
class Transfer {
 public:
  virtual ~Transfer() = default;
  // Last call; the handle has been removed. `connection`: which it used, CURL_SOCKET_BAD if that
  // has been closed.
  virtual void on_done(CURLcode result, curl_socket_t connection) = 0;
  // Looks at its deadlines; a transfer that is over gives the code to end with.
  virtual CURLcode on_tick(MonoTime now) = 0;
};

// A thread that drives libcurl transfers, and their pool of connections.
class CurlLoop {
 public:
  struct Bounds {
    long connections;
    long idle_connections;
  };

  explicit CurlLoop(Bounds bounds);
  ~CurlLoop();  // transfers in progress are dropped without on_done()
  CurlLoop(const CurlLoop&) = delete;
  CurlLoop& operator=(const CurlLoop&) = delete;

  void post(std::move_only_function<void()> task);  // any thread

  // The loop's thread. `transfer` is kept until it is done or removed.
  void add(CURL* easy, std::shared_ptr<Transfer> transfer);
  void remove(CURL* easy);  // not inside one of libcurl's callbacks

 private:
  void run();
  void run_posted();
  void reap();
  void tick();
  void finish(CURL* easy, CURLcode result);

  CURLM* multi_;
  std::mutex mutex_;
  std::vector<std::move_only_function<void()>> posted_;
  std::unordered_map<CURL*, std::shared_ptr<Transfer>> transfers_;
  MonoTime next_tick_{};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace atl::origin
