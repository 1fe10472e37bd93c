#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace atl::lab {

// Reads one HTTP/1.1 answer to a GET or POST, in pieces of any size, as our programs send them:
// with a Content-Length. Whatever else it sees is Bad.
class ResponseReader {
 public:
  enum class Progress : uint8_t { More, Done, Bad };
  // Bodies of at most `keep` bytes are kept; others are counted and dropped.
  explicit ResponseReader(uint64_t keep = 0) : keep_(keep) {}

  // What follows the answer in `bytes` is Bad too: nobody asked for more.
  Progress push(std::string_view bytes);

  int status() const { return status_; }
  uint64_t body_bytes() const { return received_; }
  const std::string& body() const { return body_; }
  bool keeps_alive() const { return keeps_alive_; }
  // The last member of Cache-Status, that of the edge that was asked; empty when there is none.
  const std::string& cache_status() const { return cache_status_; }

 private:
  static constexpr size_t kLongestHead = 64 << 10;
  bool read_head(std::string_view head);
  bool read_field(std::string_view name, std::string_view value);

  uint64_t keep_;
  std::string head_;
  bool in_body_ = false;
  int status_ = 0;
  bool sized_ = false;
  uint64_t size_ = 0;
  uint64_t received_ = 0;
  std::string body_;
  bool keeps_alive_ = true;
  std::string cache_status_;
};

}  // namespace atl::lab
