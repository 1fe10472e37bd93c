#include "lib/server/response_writer.h"

#include <array>
#include <charconv>
#include <cstddef>

namespace atl::server {
namespace {

// "HTTP/1.1 200": the last digit is the twelfth byte. 0 if there are fewer.
uint16_t status_of(std::span<const std::string_view> head) {
  std::array<char, 12> line;
  size_t have = 0;
  for (const std::string_view piece : head) {
    have += piece.copy(line.data() + have, line.size() - have);
    if (have == line.size()) break;
  }
  uint16_t status = 0;
  if (have == line.size()) std::from_chars(line.data() + 9, line.data() + 12, status);
  return status;
}

void copy_content_length(OutputBatch& out, uint64_t length) {
  constexpr std::string_view kName = "Content-Length: ";
  std::array<char, kName.size() + 20 + 2> line;
  kName.copy(line.data(), kName.size());
  char* end = std::to_chars(line.data() + kName.size(), line.data() + line.size(), length).ptr;
  *end++ = '\r';
  *end++ = '\n';
  out.copy({line.data(), static_cast<size_t>(end - line.data())});
}

void copy_chunk_size(OutputBatch& out, uint64_t size) {
  std::array<char, 16 + 2> line;
  char* end = std::to_chars(line.data(), line.data() + 16, size, 16).ptr;
  *end++ = '\r';
  *end++ = '\n';
  out.copy({line.data(), static_cast<size_t>(end - line.data())});
}

}  // namespace

void ResponseWriter::begin(OutputBatch& out, std::span<const std::string_view> head,
                           const Framing& framing, const ResponseTerms& terms) {
  for (const std::string_view piece : head) out.copy(piece);
  const uint16_t status = status_of(head);
  const bool never_has_body = status == 204 || status == 304;
  drops_body_ = terms.head_request;
  left_ = 0;
  if (framing.bodiless || never_has_body || terms.head_request) {
    mode_ = Mode::Bodiless;
    // RFC 9110 section 8.6: never in 204; in 304 it would describe what the client has already.
    if (!never_has_body && framing.length) copy_content_length(out, *framing.length);
  } else if (framing.length) {
    mode_ = Mode::Sized;
    left_ = *framing.length;
    copy_content_length(out, left_);
  } else if (terms.http10) {
    mode_ = Mode::UntilClose;
  } else {
    mode_ = Mode::Chunked;
    out.copy("Transfer-Encoding: chunked\r\n");
  }
  if (!terms.keep_alive || mode_ == Mode::UntilClose) {
    out.copy("Connection: close\r\n");
  } else if (terms.http10) {
    out.copy("Connection: keep-alive\r\n");
  }
  out.copy("\r\n");
}

bool ResponseWriter::body(OutputBatch& out, std::string_view piece) {
  if (piece.empty()) return true;  // an empty chunk would be the last one
  switch (mode_) {
    case Mode::None:
      return false;
    case Mode::Bodiless:
      return drops_body_;
    case Mode::Sized:
      if (piece.size() > left_) return false;
      left_ -= piece.size();
      out.refer(piece);
      return true;
    case Mode::Chunked:
      copy_chunk_size(out, piece.size());
      out.refer(piece);
      out.copy("\r\n");
      return true;
    case Mode::UntilClose:
      out.refer(piece);
      return true;
  }
  return false;
}

bool ResponseWriter::end(OutputBatch& out, std::string_view trailers) {
  if (mode_ == Mode::None || (mode_ == Mode::Sized && left_ > 0)) return false;
  if (mode_ == Mode::Chunked) {
    out.copy("0\r\n");
    out.copy(trailers);
    out.copy("\r\n");
  }
  return true;
}

}  // namespace atl::server
