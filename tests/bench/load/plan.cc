#include "tests/bench/load/plan.h"

#include <fmt/format.h>

#include <iterator>

namespace atl::bench {

Plan::Plan(const Options& options) : options_(options) {
  tail_ = fmt::format(" HTTP/1.1\r\nHost: {}:{}\r\n{}\r\n", options.host, options.port,
                      options.close ? "Connection: close\r\n" : "");
}

std::string_view Plan::next() {
  buffer_.clear();
  fmt::format_to(std::back_inserter(buffer_), "GET {}{}{}{}", options_.prefix,
                 options_.first + pick(), options_.suffix, tail_);
  ++made_;
  return buffer_;
}

uint64_t Plan::pick() {
  switch (options_.order) {
    case Order::Same:
      return 0;
    case Order::Sequence:
      return made_ % options_.distinct;
    case Order::Random:
      break;
  }
  state_ ^= state_ << 13;  // xorshift64: costs nothing beside a system call
  state_ ^= state_ >> 7;
  state_ ^= state_ << 17;
  return state_ % options_.distinct;
}

}  // namespace atl::bench
