#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace atl::rpc::client {

// Takes gRPC's length-prefixed messages out of the bytes of a stream (gRPC over HTTP/2,
// "Length-Prefixed-Message"). Compressed messages are refused: nobody asked for them.
class MessageReader {
 public:
  explicit MessageReader(size_t largest) : largest_(largest) {}

  // False: the stream is broken, problem() says why; nothing more is taken.
  bool append(std::string_view bytes);
  const char* problem() const { return problem_; }

  bool ready() const { return !messages_.empty(); }
  // ready() only. The next message, whole.
  std::string take();

  // True when the bytes so far end between two messages.
  bool at_border() const { return prefix_size_ == 0 && missing_ == 0; }
  // Bytes that were appended and not taken yet, prefixes included.
  size_t held() const { return held_; }

 private:
  static constexpr size_t kPrefix = 5;  // a flag and the length, most significant byte first

  bool begin_message();

  const size_t largest_;
  const char* problem_ = nullptr;
  std::deque<std::string> messages_;
  std::string current_;
  size_t missing_ = 0;  // of current_
  size_t held_ = 0;
  size_t prefix_size_ = 0;
  uint8_t prefix_[kPrefix] = {};
};

}  // namespace atl::rpc::client
