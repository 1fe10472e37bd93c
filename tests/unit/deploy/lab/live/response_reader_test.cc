#include "deploy/lab/live/response_reader.h"

#include <doctest/doctest.h>

namespace atl::lab {
namespace {

using Progress = ResponseReader::Progress;

TEST_CASE("response reader: an answer is read whole however it is cut") {
  const std::string answer =
      "HTTP/1.1 200 OK\r\nCache-Status: iad; fwd=miss, fra; hit; ttl=5\r\nContent-Length: "
      "5\r\n\r\nhello";
  for (size_t cut = 1; cut < answer.size(); ++cut) {
    CAPTURE(cut);
    ResponseReader reader(5);
    CHECK(reader.push(std::string_view(answer).substr(0, cut)) == Progress::More);
    CHECK(reader.push(std::string_view(answer).substr(cut)) == Progress::Done);
    CHECK(reader.status() == 200);
    CHECK(reader.body_bytes() == 5);
    CHECK(reader.body() == "hello");
    CHECK(reader.cache_status() == "fra; hit; ttl=5");
    CHECK(reader.keeps_alive());
  }
}

TEST_CASE("response reader: members of several Cache-Status lines count as those of one") {
  ResponseReader reader;
  CHECK(reader.push("HTTP/1.1 200 OK\r\nCache-Status: iad; hit\r\nCache-Status: fra; fwd=miss\r\n"
                    "Content-Length: 0\r\n\r\n") == Progress::Done);
  CHECK(reader.cache_status() == "fra; fwd=miss");
}

TEST_CASE("response reader: longer bodies than are to be kept are counted") {
  ResponseReader reader(4);
  CHECK(reader.push("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello") == Progress::Done);
  CHECK(reader.body_bytes() == 5);
  CHECK(reader.body().empty());
}

TEST_CASE("response reader: what our programs do not send is refused") {
  struct Row {
    std::string text;
    Progress want;
  };
  for (const Row& row :
       {Row{"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\nConnection: close\r\n\r\n",
            Progress::Done},
        Row{"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab", Progress::Bad},
        Row{"HTTP/1.1 200 OK\r\n\r\n", Progress::Bad},
        Row{"HTTP/1.0 200 OK\r\n\r\n", Progress::Bad},
        Row{"HTTP/1.1 2x0 OK\r\nContent-Length: 1\r\n\r\n", Progress::Bad},
        Row{"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", Progress::Bad},
        Row{"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", Progress::Bad},
        Row{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Progress::Bad},
        Row{"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", Progress::Bad},
        Row{std::string(70'000, 'x'), Progress::Bad}}) {
    CAPTURE(row.text.substr(0, 80));
    ResponseReader reader;
    CHECK(reader.push(row.text) == row.want);
  }
}

}  // namespace
}  // namespace atl::lab
