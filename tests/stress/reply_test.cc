// The checker of the stress test: what it must let pass, and what it must not.
#include "tests/stress/reply.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace atl::stress {
namespace {

constexpr size_t kObject = 1;  // strong tags, no variants

std::string bytes_of(const Edition& edition) {
  std::string bytes(size_of(edition), '\0');
  content_of(edition).fill(0, bytes.data(), bytes.size());
  return bytes;
}

std::string head_of(const Edition& edition, std::string_view status, std::string_view more) {
  return fmt::format("HTTP/1.1 {}\r\nX-Object: {}\r\nX-Version: {}\r\nETag: {}\r\n{}\r\n", status,
                     path_of(edition.object), edition.version, tag_of(edition), more);
}

struct Verdict {
  ReplyReader::State state;
  std::string problem;
};

// As a whole, and byte by byte: both must come to the same.
Verdict read(const Catalogue& catalogue, const Inquiry& inquiry, std::string_view answer) {
  ReplyReader whole(inquiry, catalogue);
  whole.feed(answer);
  ReplyReader slow(inquiry, catalogue);
  for (size_t i = 0; i < answer.size() && slow.state() < ReplyReader::State::Complete; ++i) {
    slow.feed(answer.substr(i, 1));
  }
  CHECK(whole.state() == slow.state());
  CHECK(whole.problem() == slow.problem());
  return {whole.state(), whole.problem()};
}

TEST_CASE("checker: an answer is what its version says, and complete when it says so") {
  Catalogue catalogue(8);
  for (int i = 0; i < 5; ++i) catalogue.change(kObject);
  const Edition now{kObject, "", 4};
  const std::string body = bytes_of(now);
  const auto length = [](size_t size) { return fmt::format("Content-Length: {}\r\n", size); };
  const auto chunked = [](std::string_view bytes, bool end) {
    return fmt::format("{:x}\r\n{}\r\n{}", bytes.size(), bytes, end ? "0\r\n\r\n" : "");
  };
  std::string flipped = body;
  flipped.back() = static_cast<char>(flipped.back() + 1);
  const std::string other = bytes_of({kObject, "", 3});
  const std::string half = body.substr(0, body.size() / 2);
  constexpr std::string_view kChunked = "Transfer-Encoding: chunked\r\n";
  using State = ReplyReader::State;
  const struct {
    std::string answer;
    State state;
  } rows[] = {
      {head_of(now, "200 OK", length(body.size())) + body, State::Complete},
      {head_of(now, "200 OK", kChunked) + chunked(body, true), State::Complete},
      {"HTTP/1.1 103 Early\r\n\r\n" + head_of(now, "200 OK", length(body.size())) + body,
       State::Complete},
      {head_of(now, "200 OK", length(body.size())) + half, State::Body},
      {head_of(now, "200 OK", kChunked) + chunked(body, false), State::Body},
      {head_of(now, "200 OK", length(body.size() + 9)) + body, State::Body},
      {head_of(now, "200 OK", length(body.size() + 9)) + body + "123456789", State::Wrong},
      {head_of(now, "200 OK", length(body.size())) + flipped, State::Wrong},
      {head_of(now, "200 OK", length(half.size())) + half, State::Wrong},
      {head_of(now, "200 OK", kChunked) + chunked(half, true), State::Wrong},
      {head_of(now, "200 OK", kChunked) + chunked(body + "x", true), State::Wrong},
      {head_of(now, "200 OK", kChunked) + chunked(other, true), State::Wrong},
      {head_of(now, "200 OK", ""), State::Wrong},
      {head_of(now, "200 OK", "Content-Length: 1\r\nContent-Length: 1\r\n"), State::Wrong},
      {head_of({kObject, "", 9}, "200 OK", kChunked), State::Wrong},  // there is no such version
      {head_of({kObject, "", 2}, "200 OK", kChunked), State::Wrong},  // purged
      {head_of({2, "", 4}, "200 OK", kChunked), State::Wrong},
      {head_of(now, "206 Partial", "Content-Range: bytes 0-0/9\r\n"), State::Wrong},
      {head_of(now, "304 Not Modified", ""), State::Wrong},
      {head_of(now, "416 No", kChunked), State::Wrong},
      {head_of(now, "404 Not Found", kChunked), State::Wrong},
      {"HTTP/1.1 502 Bad\r\nContent-Length: 2\r\n\r\nno", State::Complete},
  };
  for (const auto& row : rows) {
    CAPTURE(row.answer.substr(0, 200));
    const Verdict verdict = read(catalogue, {.object = kObject, .floor = 3}, row.answer);
    CAPTURE(verdict.problem);
    CHECK(verdict.state == row.state);
  }
}

TEST_CASE("checker: parts are where they say, of the version that was asked for") {
  Catalogue catalogue(8);
  for (int i = 0; i < 5; ++i) catalogue.change(kObject);
  const Edition now{kObject, "", 4};
  const std::string body = bytes_of(now);
  const size_t size = body.size();
  REQUIRE(size > 30);
  const auto part = [&](size_t first, size_t count, size_t total, std::string_view bytes) {
    return head_of(now, "206 Partial Content",
                   fmt::format("Content-Range: bytes {}-{}/{}\r\nContent-Length: {}\r\n", first,
                               first + count - 1, total, bytes.size())) +
           std::string(bytes);
  };
  const auto two = [&](std::string_view second) {
    const std::string inner = fmt::format(
        "--xyz\r\nContent-Range: bytes 0-4/{}\r\n\r\n{}\r\n--xyz\r\nContent-Range: bytes "
        "10-14/{}\r\n\r\n{}\r\n--xyz--\r\n",
        size, body.substr(0, 5), size, second);
    return head_of(now, "206 Partial Content",
                   fmt::format("Content-Type: multipart/byteranges; boundary=xyz\r\n"
                               "Content-Length: {}\r\n",
                               inner.size())) +
           inner;
  };
  using State = ReplyReader::State;
  const struct {
    std::string answer;
    std::string if_range;
    State state;
  } rows[] = {
      {part(10, 5, size, body.substr(10, 5)), "", State::Complete},
      {part(10, 5, size, body.substr(10, 5)), tag_of(now), State::Complete},
      {part(10, 5, size, body.substr(10, 5)), tag_of({kObject, "", 3}), State::Wrong},
      {part(10, 5, size, body.substr(11, 5)), "", State::Wrong},
      {part(10, 5, size - 1, body.substr(10, 5)), "", State::Wrong},
      {part(10, 5, size, body.substr(10, 4)), "", State::Wrong},
      {two(body.substr(10, 5)), "", State::Complete},
      {two(body.substr(11, 5)), "", State::Wrong},
      {two(body.substr(10, 4)), "", State::Wrong},
  };
  for (const auto& row : rows) {
    CAPTURE(row.answer.substr(0, 200));
    const Verdict verdict =
        read(catalogue, {.object = kObject, .range = "bytes=10-14", .if_range = row.if_range},
             row.answer);
    CAPTURE(verdict.problem);
    CHECK(verdict.state == row.state);
  }
}

}  // namespace
}  // namespace atl::stress
