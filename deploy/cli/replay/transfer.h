#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "deploy/cli/replay/cache_status.h"
#include "deploy/cli/replay/expectation.h"
#include "deploy/cli/replay/plan.h"
#include "lib/synthetic/content.h"

namespace atl::cli {

// One request at a time on a libcurl handle that is used again for the next. Counts and checks the
// body as it arrives and keeps none of it. Must not move while in flight: libcurl calls back into
// it.
class Transfer {
 public:
  struct Setup {
    curl_slist* headers;  // Host and the like; outlives the transfer
    long stall_seconds;
    bool verify;
  };

  // What is wrong with an answer; empty kind: nothing.
  struct Verdict {
    std::string kind;    // groups equal failures: "status 502"
    std::string detail;  // this one
  };

  explicit Transfer(const Setup& setup);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  CURL* handle() { return easy_.get(); }  // null when libcurl has no memory

  // Prepares the handle for the next request; the caller adds it to its multi handle.
  void begin(const Destination& destination, Expectation want);

  // After libcurl reported the end of the transfer with `code`.
  Verdict judge(CURLcode code) const;

  size_t pop() const { return pop_; }
  const std::string& url() const { return url_; }
  Answered answered() const { return answered_; }
  uint64_t received() const { return received_; }
  uint64_t first_byte_us() const { return time_of(CURLINFO_STARTTRANSFER_TIME_T); }
  uint64_t complete_us() const { return time_of(CURLINFO_TOTAL_TIME_T); }

 private:
  struct Cleanup {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };
  static size_t on_header(char* bytes, size_t, size_t count, void* self);
  static size_t on_body(char* bytes, size_t, size_t count, void* self);
  void take_header(std::string_view line);
  bool take_body(std::string_view bytes);
  Verdict judge_failure(CURLcode code) const;
  uint64_t time_of(CURLINFO what) const;
  long status() const;

  std::unique_ptr<CURL, Cleanup> easy_;
  bool verify_;
  size_t pop_ = 0;
  std::string url_;
  Expectation want_;
  synthetic::Content content_{""};
  Answered answered_ = Answered::Unknown;
  std::string content_range_;
  uint64_t received_ = 0;
  std::optional<uint64_t> wrong_at_;  // offset in the body of the first wrong byte
};

}  // namespace atl::cli
