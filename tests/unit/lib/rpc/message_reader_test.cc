#include "lib/rpc/message_reader.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace atl::rpc::client {
namespace {

std::string framed(const std::string& message) {
  const size_t n = message.size();
  std::string out(1, '\0');
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(n >> shift);
  return out + message;
}

TEST_CASE("message reader: messages come out whole, however their bytes are cut") {
  const std::vector<std::string> sent = {"", "a", std::string(300, 'b'), "",
                                         std::string(70'000, 'c')};
  std::string wire;
  for (const std::string& message : sent) wire += framed(message);
  for (const size_t step :
       {size_t{1}, size_t{2}, size_t{5}, size_t{7}, size_t{16'384}, wire.size()}) {
    CAPTURE(step);
    MessageReader reader(100'000);
    std::vector<std::string> got;
    for (size_t at = 0; at < wire.size(); at += step) {
      REQUIRE(reader.append(std::string_view(wire).substr(at, step)));
      while (reader.ready()) got.push_back(reader.take());
    }
    CHECK(got == sent);
    CHECK(reader.at_border());
    CHECK(reader.held() == 0);
  }
}

TEST_CASE("message reader: what is held counts prefixes and halves") {
  MessageReader reader(100);
  const std::string wire = framed("12345") + framed("678");
  REQUIRE(reader.append(std::string_view(wire).substr(0, wire.size() - 1)));
  CHECK(reader.held() == wire.size() - 1);
  CHECK_FALSE(reader.at_border());
  CHECK(reader.take() == "12345");
  CHECK(reader.held() == 5 + 2);
  CHECK_FALSE(reader.ready());
}

TEST_CASE("message reader: lengths beyond the limit and compressed messages end the stream") {
  MessageReader long_one(10);
  CHECK(long_one.append(framed("1234567890")));
  CHECK_FALSE(long_one.append(framed("12345678901")));
  CHECK(std::string(long_one.problem()) == "a message beyond the limit");
  CHECK_FALSE(long_one.append("x"));

  MessageReader compressed(10);
  std::string flagged = framed("x");
  flagged[0] = 1;
  CHECK_FALSE(compressed.append(flagged));
  CHECK(std::string(compressed.problem()) == "a compressed message");
}

}  // namespace
}  // namespace atl::rpc::client
