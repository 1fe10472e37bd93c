#include "lib/store/redis/reply.h"

#include <doctest/doctest.h>

namespace atl::store::redis {
namespace {

using Kind = Reply::Kind;

TEST_CASE("redis replies: every kind, however the bytes arrive") {
  const std::string bytes =
      "+OK\r\n-ERR no\r\n:-7\r\n$3\r\na\r\n\r\n$-1\r\n*-1\r\n*3\r\n:1\r\n*1\r\n$0\r\n\r\n$-1\r\n";
  for (size_t piece = 1; piece <= bytes.size(); ++piece) {
    CAPTURE(piece);
    ReplyReader reader;
    std::vector<Reply> replies;
    for (size_t at = 0; at < bytes.size(); at += piece) {
      REQUIRE(reader.feed(std::string_view(bytes).substr(at, piece)));
      for (;;) {
        auto next = reader.next();
        REQUIRE(next.has_value());
        if (!*next) break;
        replies.push_back(**std::move(next));
      }
    }
    REQUIRE(replies.size() == 7);
    CHECK(replies[0].is(Kind::Status));
    CHECK(replies[0].text == "OK");
    CHECK(replies[1].is(Kind::Error));
    CHECK(replies[1].text == "ERR no");
    CHECK(replies[2].integer == -7);
    CHECK(replies[3].text == "a\r\n");
    CHECK(replies[4].is(Kind::Nil));
    CHECK(replies[5].is(Kind::Nil));
    REQUIRE(replies[6].elements.size() == 3);
    REQUIRE(replies[6].elements[1].elements.size() == 1);
    CHECK(replies[6].elements[1].elements[0].is(Kind::String));
    CHECK(replies[6].elements[2].is(Kind::Nil));
  }
}

TEST_CASE("redis replies: what is none, or too much, is an error for ever") {
  for (const char* bytes : {"HTTP/1.1 200 OK\r\n", "*2000000\r\n", "*-2\r\n", ":x\r\n"}) {
    CAPTURE(bytes);
    ReplyReader reader;
    reader.feed(bytes);
    CHECK_FALSE(reader.next().has_value());
    CHECK((!reader.feed("+OK\r\n") || !reader.next().has_value()));
  }
  ReplyReader reader;
  const std::string part(1024 * 1024, 'x');
  REQUIRE(reader.feed("$200000000\r\n"));
  bool refused = false;
  for (int i = 0; i < 100 && !refused; ++i) {
    REQUIRE(reader.feed(part));
    refused = !reader.next().has_value();
  }
  CHECK(refused);
}

}  // namespace
}  // namespace atl::store::redis
