#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace atl::edge {

// Builds a few field lines on the stack: the part of a head that changes with every answer. What
// does not fit is left out, as one whole line.
class LineBuffer {
 public:
  std::string_view text() const { return {bytes_.data(), size_}; }

  void add(std::string_view text) {
    if (text.size() > bytes_.size() - size_) {
      overflow_ = true;
      return;
    }
    std::copy(text.begin(), text.end(), bytes_.begin() + static_cast<ptrdiff_t>(size_));
    size_ += text.size();
  }
  void add(int64_t number) {
    const auto [end, error] =
        std::to_chars(bytes_.data() + size_, bytes_.data() + bytes_.size(), number);
    if (error != std::errc{}) {
      overflow_ = true;
      return;
    }
    size_ = static_cast<size_t>(end - bytes_.data());
  }
  // Ends a line; one that did not fit disappears.
  void end_line() {
    add("\r\n");
    if (overflow_) size_ = line_;
    overflow_ = false;
    line_ = size_;
  }

 private:
  std::array<char, 512> bytes_;
  size_t size_ = 0;
  size_t line_ = 0;
  bool overflow_ = false;
};

}  // namespace atl::edge
