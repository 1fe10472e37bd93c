#include "deploy/cli/replay/transfer.h"

#include <fmt/format.h>
#include <strings.h>

namespace atl::cli {
namespace {

// Of the receive buffer: large, because most bytes of a trace are in large objects.
constexpr long kBufferBytes = 256 * 1024;
constexpr long kConnectMs = 5000;

// The value of `line` when it is the field `name`.
std::optional<std::string_view> field_value(std::string_view line, std::string_view name) {
  if (line.size() <= name.size() || line[name.size()] != ':') return std::nullopt;
  if (strncasecmp(line.data(), name.data(), name.size()) != 0) return std::nullopt;
  line.remove_prefix(name.size() + 1);
  const size_t begin = line.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return std::string_view{};
  return line.substr(begin, line.find_last_not_of(" \t\r\n") - begin + 1);
}

const char* kind_of(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_CONNECT:
      return "connection refused";
    case CURLE_OPERATION_TIMEDOUT:
      return "timeout";
    case CURLE_PARTIAL_FILE:
      return "body cut off";
    case CURLE_GOT_NOTHING:
      return "closed without an answer";
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
      return "connection lost";
    default:
      return curl_easy_strerror(code);
  }
}

}  // namespace

Transfer::Transfer(const Setup& setup) : easy_(curl_easy_init()), verify_(setup.verify) {
  if (!easy_) return;
  CURL* easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http");
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, kBufferBytes);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, setup.headers);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, kConnectMs);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, setup.stall_seconds);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, this);
}

void Transfer::begin(const Destination& destination, Expectation want) {
  want_ = std::move(want);
  pop_ = destination.pop;
  url_ = fmt::format("http://{}{}", destination.endpoint, want_.target);
  if (verify_) content_ = synthetic::Content(want_.path);
  answered_ = Answered::Unknown;
  content_range_.clear();
  received_ = 0;
  wrong_at_.reset();
  curl_easy_setopt(easy_.get(), CURLOPT_URL, url_.c_str());
  curl_easy_setopt(easy_.get(), CURLOPT_RANGE, want_.range.empty() ? nullptr : want_.range.c_str());
}

size_t Transfer::on_header(char* bytes, size_t, size_t count, void* self) {
  static_cast<Transfer*>(self)->take_header({bytes, count});
  return count;
}

size_t Transfer::on_body(char* bytes, size_t, size_t count, void* self) {
  return static_cast<Transfer*>(self)->take_body({bytes, count}) ? count : CURL_WRITEFUNC_ERROR;
}

void Transfer::take_header(std::string_view line) {
  if (line.starts_with("HTTP/")) {  // a 1xx came before this
    answered_ = Answered::Unknown;
    content_range_.clear();
  } else if (const auto value = field_value(line, "Cache-Status")) {
    answered_ = read_cache_status(*value, answered_);
  } else if (const auto range = field_value(line, "Content-Range")) {
    content_range_ = *range;
  }
}

// False stops a transfer whose body is already known to be wrong.
bool Transfer::take_body(std::string_view bytes) {
  const uint64_t at = received_;
  received_ += bytes.size();
  if (status() != want_.status || want_.status == 416) return true;
  if (received_ > want_.length) return false;
  if (!verify_) return true;
  const size_t right = content_.matching(want_.first + at, bytes);
  if (right == bytes.size()) return true;
  wrong_at_ = at + right;
  return false;
}

Transfer::Verdict Transfer::judge(CURLcode code) const {
  const long got = status();
  if (code != CURLE_OK && code != CURLE_WRITE_ERROR) return judge_failure(code);
  if (got != want_.status) {
    return {fmt::format("status {}", got), fmt::format("expected {}", want_.status)};
  }
  if (wrong_at_) return {"wrong bytes", fmt::format("from offset {} of the body", *wrong_at_)};
  if (want_.status == 416) return {};
  if (received_ != want_.length) {
    return {"wrong length",
            fmt::format("{} bytes{}, expected {}", received_,
                        code == CURLE_WRITE_ERROR ? " and more" : "", want_.length)};
  }
  if (want_.status == 206) {
    const std::string begins =
        fmt::format("bytes {}-{}/", want_.first, want_.first + want_.length - 1);
    if (!content_range_.starts_with(begins)) {
      return {"wrong Content-Range", fmt::format("\"{}\", expected {}...", content_range_, begins)};
    }
  }
  return {};
}

Transfer::Verdict Transfer::judge_failure(CURLcode code) const {
  return {kind_of(code), fmt::format("{}, status {}, {} of {} bytes", curl_easy_strerror(code),
                                     status(), received_, want_.length)};
}

long Transfer::status() const {
  long value = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &value);
  return value;
}

uint64_t Transfer::time_of(CURLINFO what) const {
  curl_off_t us = 0;
  curl_easy_getinfo(easy_.get(), what, &us);
  return us < 0 ? 0 : static_cast<uint64_t>(us);
}

}  // namespace atl::cli
