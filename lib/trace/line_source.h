#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/outcome.h"

namespace atl::trace {

// Reads a text file line by line, zstd-compressed or plain (told apart by the first bytes), without
// holding more of it than a few blocks. One thread at a time.
class LineSource {
 public:
  // A longer line than this is not a trace, and is refused before it fills memory.
  static constexpr size_t kLongestLine = 4096;

  static Outcome<LineSource> open(const std::string& path);
  LineSource(LineSource&&) noexcept;
  LineSource& operator=(LineSource&&) noexcept;
  ~LineSource();

  // The next line without its end (LF or CRLF), valid until the next call; nullopt at the end of
  // the file. A damaged or cut-off file is an error.
  Outcome<std::optional<std::string_view>> next();

 private:
  struct State;
  explicit LineSource(std::unique_ptr<State> state);
  Outcome<bool> refill();

  std::unique_ptr<State> state_;
};

}  // namespace atl::trace
