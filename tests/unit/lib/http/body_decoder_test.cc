#include "lib/http/body_decoder.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace atl::http {
namespace {

using Kind = BodyDecoder::Kind;

RequestHead sized(uint64_t length) {
  RequestHead head;
  head.body_length = length;
  return head;
}
RequestHead chunked() {
  RequestHead head;
  head.chunked = true;
  head.body_length = std::nullopt;
  return head;
}

TEST_CASE("body decoder: no body is complete at once") {
  BodyDecoder decoder;
  CHECK(decoder.complete());
  decoder.begin(sized(0));
  CHECK(decoder.complete());
  std::string_view input = "next";
  CHECK(decoder.next(input).kind == Kind::Complete);
  CHECK(input == "next");
}

TEST_CASE("body decoder: a known length is counted, and nothing behind it is taken") {
  BodyDecoder decoder;
  decoder.begin(sized(5));
  std::string_view input = "hel";
  auto piece = decoder.next(input);
  CHECK(piece.kind == Kind::Data);
  CHECK(piece.data == "hel");
  CHECK(decoder.next(input).kind == Kind::More);
  CHECK(decoder.remaining() == 2);
  input = "lonext";
  CHECK(decoder.next(input).data == "lo");
  CHECK(decoder.complete());
  CHECK(decoder.next(input).kind == Kind::Complete);
  CHECK(input == "next");
  CHECK(decoder.received() == 5);
}

TEST_CASE("body decoder: one piece for each chunk, so that a reader can stop in between") {
  BodyDecoder decoder;
  decoder.begin(chunked());
  std::string_view input = "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nT: u\r\n\r\nnext";
  CHECK(decoder.next(input).data == "abc");
  CHECK(input.starts_with("\r\nA;"));
  CHECK(decoder.next(input).data == "0123456789");
  CHECK(decoder.next(input).kind == Kind::Complete);
  CHECK(decoder.trailers() == "T: u\r\n");
  CHECK(decoder.received() == 13);
  CHECK(input == "next");
}

TEST_CASE("body decoder: trailers that frame, route or describe are left out") {
  for (const char* name : {"Content-Length", "transfer-encoding", "HOST", "Connection", "Trailer",
                           "Authorization", "Set-Cookie", "Content-Type", "Range", "If-Match"}) {
    CAPTURE(std::string(name));
    BodyDecoder decoder;
    decoder.begin(chunked());
    const std::string text = "0\r\nA: 1\r\n" + std::string(name) + ": x\r\nB:\r\n\r\n";
    std::string_view input = text;
    CHECK(decoder.next(input).kind == Kind::Complete);
    CHECK(decoder.trailers() == "A: 1\r\nB: \r\n");
  }
}

TEST_CASE("body decoder: the largest chunk size, and one digit more") {
  BodyDecoder decoder;
  decoder.begin(chunked());
  std::string_view input = "fffffffffffffff\r\nx";
  CHECK(decoder.next(input).data == "x");
  CHECK(decoder.remaining() == 0xffffffffffffffeULL);
  decoder.begin(chunked());
  input = "0fffffffffffffff\r\nx";
  CHECK(decoder.next(input).kind == Kind::Refused);
}

TEST_CASE("body decoder: the same whatever the pieces") {
  const std::string_view whole = "5 ;a=\"b\"\r\nhello\r\n01\r\n!\r\n00\r\nX-A: 1 \r\nX-B:\r\n\r\n";
  for (size_t first = 0; first <= whole.size(); ++first) {
    BodyDecoder decoder;
    decoder.begin(chunked());
    std::string body;
    for (std::string_view input : {whole.substr(0, first), whole.substr(first)}) {
      for (bool more = true; more;) {
        const auto piece = decoder.next(input);
        CHECK(piece.kind != Kind::Refused);
        body.append(piece.data);
        more = piece.kind == Kind::Data;
      }
    }
    CHECK(body == "hello!");
    CHECK(decoder.complete());
    CHECK(decoder.trailers() == "X-A: 1\r\nX-B: \r\n");
  }
}

TEST_CASE("body decoder: begins anew after a body that was left unread") {
  BodyDecoder decoder;
  decoder.begin(chunked());
  std::string_view input = "5\r\nhe";
  decoder.next(input);
  decoder.begin(sized(2));
  input = "ab";
  CHECK(decoder.next(input).data == "ab");
  CHECK(decoder.complete());
  CHECK(decoder.received() == 2);
}

}  // namespace
}  // namespace atl::http
