#include "tests/stress/reply.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "lib/http/chars.h"
#include "lib/http/field_block.h"
#include "lib/http/field_lookup.h"

namespace atl::stress {
namespace {

constexpr size_t kLargestHead = 64 * 1024;

std::optional<uint64_t> number_in(std::string_view text, int base = 10) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view opaque(std::string_view tag) {
  return tag.starts_with("W/") ? tag.substr(2) : tag;
}

bool has_no_body(uint16_t status) { return status == 204 || status == 304; }

}  // namespace

std::optional<PartPlace> read_content_range(std::string_view value) {
  constexpr std::string_view kUnit = "bytes ";
  const size_t dash = value.find('-');
  const size_t slash = value.find('/');
  if (!value.starts_with(kUnit) || dash == std::string_view::npos ||
      slash == std::string_view::npos || slash < dash) {
    return std::nullopt;
  }
  const auto first = number_in(value.substr(kUnit.size(), dash - kUnit.size()));
  const auto last = number_in(value.substr(dash + 1, slash - dash - 1));
  const auto size = number_in(value.substr(slash + 1));
  if (!first || !last || !size || *first > *last || *last >= *size) return std::nullopt;
  return PartPlace{*first, *last, *size};
}

void ReplyReader::wrong(std::string what) {
  if (state_ == State::Wrong) return;
  state_ = State::Wrong;
  problem_ = std::move(what);
}

size_t ReplyReader::feed(std::string_view bytes) {
  size_t used = 0;
  while (state_ == State::Head) {
    const size_t before = head_.size();
    head_.append(bytes.substr(used));
    const size_t end = head_.find("\r\n\r\n", before < 3 ? 0 : before - 3);
    if (end == std::string::npos) {
      if (head_.size() > kLargestHead) wrong("a head without an end");
      return bytes.size();
    }
    used += end + 4 - before;
    const std::string head = std::exchange(head_, {}).substr(0, end + 2);
    if (!take_head(head)) return used;
  }
  if (state_ != State::Body) return used;
  const std::string_view rest = bytes.substr(used);
  if (framing_ == Framing::Chunked) return used + take_chunked(rest);
  const uint64_t left = length_ - received_;
  const std::string_view mine = rest.substr(0, std::min<uint64_t>(left, rest.size()));
  take_body(mine);
  if (state_ == State::Body && received_ == length_) finish();
  return used + mine.size();
}

// False: wrong, or complete already.
bool ReplyReader::take_head(std::string_view head) {
  const size_t line = head.find("\r\n");
  if (!head.starts_with("HTTP/1.1 ") || line < 12) {
    wrong("no status line: " + std::string(head.substr(0, 100)));
    return false;
  }
  status_ = static_cast<uint16_t>(number_in(head.substr(9, 3)).value_or(0));
  if (status_ >= 100 && status_ < 200) return true;
  std::vector<http::Field> fields;
  if (!http::split_field_block(head.substr(line + 2), fields)) {
    wrong("malformed fields");
    return false;
  }
  state_ = State::Body;
  read_fields(fields);
  read_framing(fields);
  if (state_ == State::Body) judge(fields);
  if (state_ == State::Body && framing_ != Framing::Chunked && length_ == 0) finish();
  return state_ == State::Body;
}

void ReplyReader::read_fields(http::Fields fields) {
  cache_status_ = http::value_of(fields, "Cache-Status").value_or("");
  serial_ = http::value_of(fields, "X-Serial").value_or("");
  closes_ = http::lists_token(fields, "Connection", "close");
  lies_ = http::find(fields, "X-Lie") != nullptr;
}

void ReplyReader::read_framing(http::Fields fields) {
  const bool chunked = http::lists_token(fields, "Transfer-Encoding", "chunked");
  const size_t lengths = http::count(fields, "Content-Length");
  if (lengths > 1 || (lengths == 1 && chunked)) return wrong("contradicting framing");
  if (inquiry_.method == "HEAD" || has_no_body(status_)) return;
  if (chunked) {
    framing_ = Framing::Chunked;
    return;
  }
  const auto length = number_in(http::value_of(fields, "Content-Length").value_or(""));
  if (!length) return wrong("a body that only the end of the connection ends");
  framing_ = Framing::Length;
  length_ = *length;
}

void ReplyReader::judge(http::Fields fields) {
  switch (status_) {
    case 200:
      if (!judge_edition(fields)) return;
      if (inquiry_.method == "POST") return;
      return judge_whole();
    case 206:
      return judge_part(fields);
    case 304:
      return judge_not_modified(fields);
    case 416:
      return judge_unsatisfiable(fields);
    case 500:
    case 502:
    case 503:
    case 504:
      return;
    default:
      return wrong(fmt::format("status {}", status_));
  }
}

// Which version and variant the head says it is, and whether this client may have it.
bool ReplyReader::judge_edition(http::Fields fields) {
  const auto version = number_in(http::value_of(fields, "X-Version").value_or(""));
  if (http::count(fields, "X-Version") != 1 || !version) {
    wrong("not one version in the head");
    return false;
  }
  version_ = static_cast<uint32_t>(*version);
  edition_ = {inquiry_.object, inquiry_.variant, *version_};
  if (*version_ < inquiry_.floor) {
    wrong(fmt::format("version {}; {} was current when it was purged", *version_, inquiry_.floor));
  } else if (*version_ > catalogue_.current(inquiry_.object)) {
    wrong(fmt::format("version {} does not exist yet", *version_));
  } else if (http::value_of(fields, "X-Object") != path_of(inquiry_.object)) {
    wrong("another object");
  } else if (http::value_of(fields, "X-Variant").value_or("") != inquiry_.variant) {
    wrong("another variant");
  } else if (const auto tag = http::value_of(fields, "ETag");
             tag && inquiry_.method != "POST" && *tag != tag_of(edition_)) {
    wrong(fmt::format("version {} with the tag {}", *version_, *tag));
  }
  if (state_ == State::Wrong) return false;
  content_ = content_of(edition_);
  size_ = size_of(edition_);
  if (const auto less = number_in(http::value_of(fields, "X-Short").value_or(""))) size_ = *less;
  return true;
}

void ReplyReader::judge_whole() {
  body_ = Body::Object;
  wanted_ = size_;
  // More than there is cannot be told from the head; such an answer must never become complete.
  if (framing_ == Framing::Length && length_ < size_) {
    wrong(fmt::format("Content-Length {} of {} bytes", length_, size_));
  }
}

void ReplyReader::judge_part(http::Fields fields) {
  if (inquiry_.range.empty()) return wrong("206 without a Range");
  if (!judge_edition(fields)) return;
  if (!inquiry_.if_range.empty() && !lies_ && inquiry_.if_range != tag_of(edition_) &&
      !(validator_of(edition_.object) == Validator::Date &&
        inquiry_.if_range == date_of(edition_))) {
    return wrong(fmt::format("a part of version {} for If-Range {}", *version_, inquiry_.if_range));
  }
  const auto range = http::value_of(fields, "Content-Range");
  if (!range) {
    const std::string_view type = http::value_of(fields, "Content-Type").value_or("");
    const size_t at = type.find("boundary=");
    if (!type.starts_with("multipart/byteranges") || at == std::string_view::npos) {
      return wrong("206 without Content-Range");
    }
    body_ = Body::Multipart;
    boundary_ = type.substr(at + 9);
    std::erase(boundary_, '"');
    return;
  }
  const auto place = read_content_range(*range);
  // A whole that announces more than it has is found out at its end, after this part of it has
  // left.
  if (!place || place->size < size_) {
    return wrong(fmt::format("Content-Range {} of {} bytes", *range, size_));
  }
  body_ = Body::Object;
  offset_ = place->first;
  wanted_ = place->last - place->first + 1;
  // As in judge_whole(): what announces too much is passed on as it came, and must be cut off.
  if (framing_ == Framing::Length && length_ < wanted_) {
    wrong(fmt::format("Content-Length {} beside Content-Range {}", length_, *range));
  }
}

void ReplyReader::judge_not_modified(http::Fields fields) {
  if (lies_) return;  // the origin's own answer to the client's own condition
  const auto tag = http::value_of(fields, "ETag");
  http::ListReader asked(inquiry_.if_none_match);
  while (const auto member = asked.next()) {
    if (!tag || opaque(*member) != opaque(*tag)) continue;
    version_ = version_in(*tag);
    if (version_ && *version_ < inquiry_.floor) {
      wrong(fmt::format("304 for version {}, which was purged", *version_));
    }
    return;
  }
  wrong(fmt::format("304 with {} to If-None-Match {}", tag.value_or("no tag"),
                    inquiry_.if_none_match));
}

void ReplyReader::judge_unsatisfiable(http::Fields fields) {
  if (inquiry_.range.empty()) return wrong("416 without a Range");
  const std::string_view range = http::value_of(fields, "Content-Range").value_or("");
  if (!range.starts_with("bytes */")) return wrong("416 without the size");
}

void ReplyReader::take_body(std::string_view bytes) {
  const uint64_t at = received_;
  received_ += bytes.size();
  if (body_ == Body::Multipart) {
    multipart_ += bytes;
    return;
  }
  if (body_ == Body::Text) return;
  if (received_ > wanted_) return wrong(fmt::format("more than {} bytes", wanted_));
  const size_t right = content_->matching(offset_ + at, bytes);
  if (right != bytes.size()) {
    return wrong(fmt::format("byte {} is not that of version {}", offset_ + at + right, *version_));
  }
  checked_ += bytes.size();
}

size_t ReplyReader::take_chunked(std::string_view bytes) {
  size_t used = 0;
  while (used < bytes.size() && state_ == State::Body) {
    if (chunk_ == Chunk::Data) {
      const size_t count = std::min<uint64_t>(chunk_left_, bytes.size() - used);
      take_body(bytes.substr(used, count));
      used += count;
      chunk_left_ -= count;
      if (chunk_left_ == 0) chunk_ = Chunk::DataEnd;
      continue;
    }
    const size_t end = bytes.find('\n', used);
    if (end == std::string_view::npos) {
      line_ += bytes.substr(used);
      if (line_.size() > kLargestHead) wrong("a chunk line without an end");
      return bytes.size();
    }
    line_ += bytes.substr(used, end - used);
    used = end + 1;
    std::string line = std::exchange(line_, {});
    if (!line.ends_with('\r')) {
      wrong("malformed chunk");
      break;
    }
    line.pop_back();
    if (!take_chunk_line(line)) wrong("malformed chunk");
  }
  return used;
}

bool ReplyReader::take_chunk_line(std::string_view line) {
  switch (chunk_) {
    case Chunk::Size: {
      const auto size = number_in(line, 16);
      if (!size) return false;
      chunk_left_ = *size;
      chunk_ = *size == 0 ? Chunk::Trailer : Chunk::Data;
      return true;
    }
    case Chunk::DataEnd:
      chunk_ = Chunk::Size;
      return line.empty();
    case Chunk::Trailer:
      if (line.empty()) finish();
      return true;
    case Chunk::Data:
      break;
  }
  return false;
}

// The answer is declared complete.
void ReplyReader::finish() {
  if (inquiry_.method != "HEAD" && body_ == Body::Object && received_ != wanted_) {
    return wrong(fmt::format("declared complete with {} of {} bytes", received_, wanted_));
  }
  if (body_ == Body::Multipart && inquiry_.method != "HEAD") check_multipart();
  if (state_ != State::Wrong) state_ = State::Complete;
}

void ReplyReader::check_multipart() {
  const std::string_view all = multipart_;
  const std::string mark = "--" + boundary_;
  size_t at = all.find(mark);
  size_t parts = 0;
  while (at != std::string_view::npos && !all.substr(at + mark.size()).starts_with("--")) {
    const size_t head_end = all.find("\r\n\r\n", at);
    const size_t next = all.find("\r\n" + mark, head_end);
    if (head_end == std::string_view::npos || next == std::string_view::npos) {
      return wrong("multipart without an end");
    }
    const std::string_view head = all.substr(at + mark.size() + 2, head_end - at - mark.size());
    if (!check_one_part(head, all.substr(head_end + 4, next - head_end - 4))) return;
    at = next + 2;
    ++parts;
  }
  if (at == std::string_view::npos || parts == 0) wrong("multipart without parts");
}

bool ReplyReader::check_one_part(std::string_view head, std::string_view body) {
  std::vector<http::Field> fields;
  if (!http::split_field_block(head, fields)) {
    wrong("malformed fields of a part");
    return false;
  }
  const auto place = read_content_range(http::value_of(fields, "Content-Range").value_or(""));
  if (!place || place->size != size_ || body.size() != place->last - place->first + 1) {
    wrong("a part that is not where it says");
    return false;
  }
  if (content_->matching(place->first, body) != body.size()) {
    wrong(fmt::format("wrong bytes in a part of version {}", *version_));
    return false;
  }
  checked_ += body.size();
  return true;
}

}  // namespace atl::stress
