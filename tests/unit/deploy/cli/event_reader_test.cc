#include "deploy/cli/top/event_reader.h"

#include <doctest/doctest.h>

#include <string>

namespace atl::cli {
namespace {

std::string read(const std::string& stream, size_t piece) {
  std::string events;
  EventReader reader(
      [&](const std::string& name, const std::string& data) { events += name + "=" + data + ";"; });
  for (size_t at = 0; at < stream.size(); at += piece) reader.feed(stream.substr(at, piece));
  return events;
}

TEST_CASE("event stream: events come out the same however it is cut") {
  const std::string stream =
      ": comment\n"
      "event: layout\ndata: {\"a\":1}\n\n"
      "event:sample\r\ndata:1\r\ndata: 2\r\nid: 7\r\n\r\n"
      "data\n\n"
      "event: nothing\n\n"
      "data: x\n\n"
      "data: never ended\n";
  const std::string want = "layout={\"a\":1};sample=1\n2;message=x;";
  for (const size_t piece : {size_t{1}, size_t{2}, size_t{7}, stream.size()}) {
    CAPTURE(piece);
    CHECK(read(stream, piece) == want);
  }
}

TEST_CASE("event stream: one that is too large is dropped, the next one is read") {
  const std::string stream = "data: " + std::string(size_t{17} << 20, 'x') + "\n\ndata: y\n\n";
  CHECK(read(stream, size_t{1} << 20) == "message=y;");
}

}  // namespace
}  // namespace atl::cli
