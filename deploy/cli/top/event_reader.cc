#include "deploy/cli/top/event_reader.h"

#include <utility>

namespace atl::cli {
namespace {

constexpr size_t kLargest = size_t{16} << 20;

}  // namespace

void EventReader::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    if (partial_.size() + piece.size() > kLargest) {
      too_large_ = true;
    } else {
      partial_ += piece;
    }
    if (end == std::string_view::npos) return;
    bytes.remove_prefix(end + 1);
    std::string whole = std::exchange(partial_, {});
    if (whole.ends_with('\r')) whole.pop_back();
    line(whole);
  }
}

void EventReader::line(std::string_view text) {
  if (text.empty()) {
    const std::string name = std::exchange(name_, {});
    const std::string data = std::exchange(data_, {});
    if (!std::exchange(too_large_, false) && !data.empty()) {
      on_event_(name.empty() ? "message" : name, data);
    }
    return;
  }
  const size_t colon = text.find(':');
  std::string_view value = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  field(text.substr(0, colon), value);
}

void EventReader::field(std::string_view name, std::string_view value) {
  if (name == "event") name_ = value;
  if (name != "data") return;
  if (data_.size() + value.size() > kLargest) {
    too_large_ = true;
    return;
  }
  if (!data_.empty()) data_ += '\n';
  data_ += value;
}

}  // namespace atl::cli
