#include "deploy/lab/live/response_reader.h"

#include <algorithm>
#include <charconv>

#include "lib/http/chars.h"

namespace atl::lab {
namespace {

constexpr std::string_view kEnd = "\r\n\r\n";

template <class T>
bool number(std::string_view text, T& out) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), out);
  return !text.empty() && problem == std::errc{} && end == text.data() + text.size();
}

}  // namespace

ResponseReader::Progress ResponseReader::push(std::string_view bytes) {
  if (!in_body_) {
    // The end may lie across two pieces.
    const size_t from = head_.size() < kEnd.size() ? 0 : head_.size() - kEnd.size() + 1;
    const size_t before = head_.size();
    head_.append(bytes.substr(0, std::min(bytes.size(), kLongestHead + 1 - before)));
    const size_t end = head_.find(kEnd, from);
    if (end == std::string::npos) {
      return head_.size() > kLongestHead ? Progress::Bad : Progress::More;
    }
    bytes.remove_prefix(end + kEnd.size() - before);
    head_.resize(end + 2);
    if (!read_head(head_)) return Progress::Bad;
    in_body_ = true;
  }
  if (bytes.size() > size_ - received_) return Progress::Bad;
  received_ += bytes.size();
  if (size_ <= keep_) body_.append(bytes);
  return received_ == size_ ? Progress::Done : Progress::More;
}

// Lines that each end in CRLF.
bool ResponseReader::read_head(std::string_view head) {
  bool first = true;
  while (!head.empty()) {
    const size_t end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(end + 2);
    if (first) {
      first = false;
      const bool right = line.size() >= 12 && line.starts_with("HTTP/1.1 ") &&
                         number(line.substr(9, 3), status_) && status_ >= 200 && status_ <= 599;
      if (!right) return false;
      continue;
    }
    const size_t colon = line.find(':');
    if (colon == 0 || colon == std::string_view::npos) return false;
    if (!read_field(line.substr(0, colon), http::trim_ows(line.substr(colon + 1)))) return false;
  }
  return sized_;
}

bool ResponseReader::read_field(std::string_view name, std::string_view value) {
  if (http::equal_ignore_case(name, "content-length")) {
    if (sized_) return false;
    sized_ = true;
    return number(value, size_);
  }
  if (http::equal_ignore_case(name, "transfer-encoding")) return false;
  if (http::equal_ignore_case(name, "connection")) {
    keeps_alive_ = keeps_alive_ && !http::equal_ignore_case(value, "close");
  }
  if (http::equal_ignore_case(name, "cache-status")) {
    const size_t comma = value.rfind(',');
    cache_status_ =
        http::trim_ows(comma == std::string_view::npos ? value : value.substr(comma + 1));
  }
  return true;
}

}  // namespace atl::lab
