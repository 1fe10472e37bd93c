#include "lib/http/body_decoder.h"

#include <algorithm>
#include <array>

#include "lib/http/chars.h"
#include "lib/http/percent.h"

namespace atl::http {
namespace {

// Of extensions and trailers together, over the whole body: nobody needs them, and they cost us.
constexpr size_t kFramingLimit = 16 * 1024;
// 15 hexadecimal digits: a chunk below 2^60 bytes. Leading zeros count.
constexpr uint8_t kSizeDigits = 15;

uint64_t hex_value(char c) {
  return static_cast<uint64_t>(is_digit(c) ? c - '0' : to_lower(c) - 'a' + 10);
}

// Fields that frame, route, authenticate, condition or describe content come in the head or not at
// all (RFC 9110 section 6.5.1).
constexpr auto kForbidden = std::to_array<std::string_view>({"age",
                                                             "authorization",
                                                             "cache-control",
                                                             "connection",
                                                             "content-encoding",
                                                             "content-length",
                                                             "content-range",
                                                             "content-type",
                                                             "cookie",
                                                             "date",
                                                             "expect",
                                                             "expires",
                                                             "host",
                                                             "if-match",
                                                             "if-modified-since",
                                                             "if-none-match",
                                                             "if-range",
                                                             "if-unmodified-since",
                                                             "keep-alive",
                                                             "location",
                                                             "max-forwards",
                                                             "pragma",
                                                             "proxy-authorization",
                                                             "proxy-connection",
                                                             "range",
                                                             "set-cookie",
                                                             "te",
                                                             "trailer",
                                                             "transfer-encoding",
                                                             "upgrade",
                                                             "vary"});

bool is_forbidden(std::string_view name) {
  return std::any_of(kForbidden.begin(), kForbidden.end(), [&](std::string_view forbidden) {
    return equal_ignore_case(forbidden, name);
  });
}

}  // namespace

void BodyDecoder::begin(const RequestHead& head) {
  chunked_ = head.chunked;
  remaining_ = head.body_length.value_or(0);
  at_ = !head.has_body() ? At::End : chunked_ ? At::Size : At::Counted;
  digits_ = 0;
  framing_ = 0;
  received_ = 0;
  trailers_.clear();
}

BodyDecoder::Piece BodyDecoder::next(std::string_view& input) {
  while (at_ != At::End) {
    if (at_ == At::Counted || (at_ == At::Chunk && remaining_ > 0)) {
      if (input.empty()) return {};
      return take_content(input);
    }
    if (at_ == At::Chunk) at_ = At::ChunkCr;
    if (input.empty()) return {};
    if (const char* broken = step(input.front())) return {Kind::Refused, {}, {400, broken}};
    if (framing_ > kFramingLimit) {
      return {Kind::Refused, {}, {431, "chunk extensions and trailers are too large"}};
    }
    input.remove_prefix(1);
  }
  return {.kind = Kind::Complete};
}

BodyDecoder::Piece BodyDecoder::take_content(std::string_view& input) {
  const size_t size = static_cast<size_t>(std::min<uint64_t>(remaining_, input.size()));
  const std::string_view data = input.substr(0, size);
  input.remove_prefix(size);
  remaining_ -= size;
  received_ += size;
  if (remaining_ == 0) at_ = chunked_ ? At::ChunkCr : At::End;
  return {.kind = Kind::Data, .data = data};
}

// One byte of framing; what is wrong with it, or null.
const char* BodyDecoder::step(char byte) {
  switch (at_) {
    case At::Size:
    case At::SizeMore:
    case At::BeforeExt:
    case At::Extension:
    case At::SizeLf:
      return step_size(byte);
    case At::ChunkCr:
      if (byte != '\r') return "a chunk is longer than its size";
      at_ = At::ChunkLf;
      return nullptr;
    case At::ChunkLf:
      if (byte != '\n') return "a bare CR after a chunk";
      at_ = At::Size;
      return nullptr;
    default:
      return step_trailer(byte);
  }
}

const char* BodyDecoder::step_size(char byte) {
  if (at_ == At::SizeLf) {
    if (byte != '\n') return "a bare CR after a chunk size";
    at_ = remaining_ > 0 ? At::Chunk : At::Trailer;
    digits_ = 0;
    return nullptr;
  }
  if (at_ == At::Size || at_ == At::SizeMore) {
    if (is_hex_digit(byte)) {
      if (++digits_ > kSizeDigits) return "a chunk size has too many digits";
      remaining_ = (remaining_ << 4) | hex_value(byte);
      at_ = At::SizeMore;
      return nullptr;
    }
    if (at_ == At::Size) return "a chunk without a size";
  }
  if (at_ != At::Extension && (byte == ';' || is_ows(byte))) {
    at_ = byte == ';' ? At::Extension : At::BeforeExt;
    ++framing_;
    return nullptr;
  }
  if (byte == '\r' && at_ != At::BeforeExt) {
    at_ = At::SizeLf;
    return nullptr;
  }
  if (at_ != At::Extension) return "a chunk size is not a number";
  ++framing_;
  return is_field_value_char(byte) ? nullptr : "a chunk extension is malformed";
}

const char* BodyDecoder::step_trailer(char byte) {
  ++framing_;
  switch (at_) {
    case At::Trailer:
      if (byte == '\r') {
        at_ = At::EndLf;
        return nullptr;
      }
      line_ = trailers_.size();
      at_ = At::Name;
      [[fallthrough]];
    case At::Name:
      if (byte == ':' && trailers_.size() > line_) {
        colon_ = trailers_.size();
        at_ = At::Value;
      } else if (!is_token_char(byte)) {
        return "a trailer's name is not a token";
      }
      trailers_.push_back(byte);
      return nullptr;
    case At::Value:
      if (byte == '\r') {
        at_ = At::ValueLf;
        return nullptr;
      }
      trailers_.push_back(byte);
      return is_field_value_char(byte) ? nullptr : "a byte that must not be in a trailer";
    case At::ValueLf:
      if (byte != '\n') return "a bare CR in a trailer";
      end_trailer_line();
      at_ = At::Trailer;
      return nullptr;
    default:
      if (byte != '\n') return "a bare CR at the end of the body";
      at_ = At::End;
      return nullptr;
  }
}

// The line as received becomes "name: value\r\n", or goes.
void BodyDecoder::end_trailer_line() {
  const std::string line = trailers_.substr(line_);
  const std::string_view name = std::string_view(line).substr(0, colon_ - line_);
  const std::string_view value = trim_ows(std::string_view(line).substr(colon_ - line_ + 1));
  trailers_.resize(line_);
  if (!is_forbidden(name)) trailers_.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace atl::http
