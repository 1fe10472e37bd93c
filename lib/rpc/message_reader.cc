#include "lib/rpc/message_reader.h"

#include <algorithm>
#include <utility>

namespace atl::rpc::client {

bool MessageReader::begin_message() {
  prefix_size_ = 0;
  const size_t length = size_t{prefix_[1]} << 24 | size_t{prefix_[2]} << 16 |
                        size_t{prefix_[3]} << 8 | size_t{prefix_[4]};
  if (prefix_[0] != 0) {
    problem_ = "a compressed message";
  } else if (length > largest_) {
    problem_ = "a message beyond the limit";
  }
  if (problem_ != nullptr) return false;
  current_.reserve(length);
  missing_ = length;
  if (length == 0) messages_.emplace_back();
  return true;
}

bool MessageReader::append(std::string_view bytes) {
  if (problem_ != nullptr) return false;
  held_ += bytes.size();
  while (!bytes.empty()) {
    if (missing_ == 0) {
      prefix_[prefix_size_++] = static_cast<uint8_t>(bytes.front());
      bytes.remove_prefix(1);
      if (prefix_size_ == kPrefix && !begin_message()) return false;
      continue;
    }
    const size_t part = std::min(missing_, bytes.size());
    current_.append(bytes.substr(0, part));
    bytes.remove_prefix(part);
    missing_ -= part;
    if (missing_ == 0) messages_.push_back(std::exchange(current_, {}));
  }
  return true;
}

std::string MessageReader::take() {
  std::string message = std::move(messages_.front());
  messages_.pop_front();
  held_ -= message.size() + kPrefix;
  return message;
}

}  // namespace atl::rpc::client
