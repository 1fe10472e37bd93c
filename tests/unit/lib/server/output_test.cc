// Framing of responses and their way into a stream.

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "lib/server/output_batch.h"
#include "lib/server/response_writer.h"
#include "lib/server/statistics.h"
#include "tests/support/memory_stream.h"

namespace atl::server {
namespace {

using Mode = ResponseWriter::Mode;
using atl::testing::MemoryPeer;

std::string sent(OutputBatch& batch) {
  MemoryPeer peer;
  const auto stream = peer.stream();
  CHECK(batch.flush(*stream));
  return peer.received();
}

TEST_CASE("response writer: how a response is framed") {
  struct Row {
    const char* what;
    std::string_view status;
    Framing framing;
    ResponseTerms terms;
    Mode mode;
    std::string lines;
  };
  const std::string close = "Connection: close\r\n";
  for (const Row& row : std::vector<Row>{
           {"known length", "200", {.length = 5}, {}, Mode::Sized, "Content-Length: 5\r\n"},
           {"known length, last",
            "200",
            {.length = 5},
            {.keep_alive = false},
            Mode::Sized,
            "Content-Length: 5\r\n" + close},
           {"no body", "200", {.length = 0}, {}, Mode::Sized, "Content-Length: 0\r\n"},
           {"largest length",
            "200",
            {.length = UINT64_MAX},
            {},
            Mode::Sized,
            "Content-Length: 18446744073709551615\r\n"},
           {"unknown length",
            "200",
            {.length = std::nullopt},
            {},
            Mode::Chunked,
            "Transfer-Encoding: chunked\r\n"},
           {"unknown length to HTTP/1.0",
            "200",
            {.length = std::nullopt},
            {.http10 = true},
            Mode::UntilClose,
            close},
           {"known length to HTTP/1.0",
            "200",
            {.length = 5},
            {.http10 = true},
            Mode::Sized,
            "Content-Length: 5\r\nConnection: keep-alive\r\n"},
           {"HEAD",
            "200",
            {.length = 5},
            {.head_request = true},
            Mode::Bodiless,
            "Content-Length: 5\r\n"},
           {"HEAD of unknown length",
            "200",
            {.length = std::nullopt},
            {.head_request = true},
            Mode::Bodiless,
            ""},
           {"bodiless of unknown length",
            "200",
            {.length = std::nullopt, .bodiless = true},
            {},
            Mode::Bodiless,
            ""},
           {"bodiless of unknown length to HTTP/1.0",
            "200",
            {.length = std::nullopt, .bodiless = true},
            {.http10 = true},
            Mode::Bodiless,
            "Connection: keep-alive\r\n"},
           {"204", "204", {.length = 0}, {}, Mode::Bodiless, ""},
           {"304", "304", {.length = 5, .bodiless = true}, {}, Mode::Bodiless, ""},
           {"205 says that it has no body",
            "205",
            {.length = 0},
            {},
            Mode::Sized,
            "Content-Length: 0\r\n"}}) {
    CAPTURE(std::string(row.what));
    ResponseWriter writer;
    OutputBatch batch;
    const std::string line = "HTTP/1.1 " + std::string(row.status) + " X\r\n";
    // Status digits may lie in different pieces.
    const std::array<std::string_view, 3> head = {std::string_view(line).substr(0, 10),
                                                  std::string_view(line).substr(10), "A: b\r\n"};
    writer.begin(batch, head, row.framing, row.terms);
    CHECK(writer.mode() == row.mode);
    CHECK(sent(batch) == line + "A: b\r\n" + row.lines + "\r\n");
  }
}

TEST_CASE("response writer: a body must be as long as announced") {
  constexpr std::array<std::string_view, 1> kHead = {"HTTP/1.1 200 OK\r\n"};
  ResponseWriter writer;
  OutputBatch batch;
  CHECK_FALSE(writer.body(batch, "x"));  // no head
  CHECK_FALSE(writer.end(batch, ""));
  writer.begin(batch, kHead, {.length = 3}, {});
  CHECK(writer.shows_truncation());
  CHECK(writer.body(batch, "ab"));
  CHECK_FALSE(writer.end(batch, ""));
  CHECK_FALSE(writer.body(batch, "cd"));
  CHECK(writer.body(batch, "c"));
  CHECK_FALSE(writer.shows_truncation());
  CHECK(writer.end(batch, ""));
}

TEST_CASE("response writer: bodies where none may be") {
  ResponseWriter writer;
  OutputBatch batch;
  constexpr std::array<std::string_view, 1> kOk = {"HTTP/1.1 200 OK\r\n"};
  constexpr std::array<std::string_view, 1> kEmpty = {"HTTP/1.1 204 No Content\r\n"};
  writer.begin(batch, kOk, {.length = 3}, {.head_request = true});
  CHECK(writer.body(batch, "abc"));  // dropped: what GET would have got
  CHECK(writer.end(batch, ""));
  CHECK(sent(batch) == "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n");
  writer.begin(batch, kEmpty, {}, {});
  CHECK_FALSE(writer.body(batch, "abc"));
}

TEST_CASE("response writer: chunks, none of them empty, and trailers") {
  ResponseWriter writer;
  OutputBatch batch;
  constexpr std::array<std::string_view, 1> kOk = {"HTTP/1.1 200 OK\r\n"};
  writer.begin(batch, kOk, {.length = std::nullopt}, {});
  const std::string large(300, 'x');
  CHECK(writer.body(batch, "abc"));
  CHECK(writer.body(batch, ""));
  CHECK(writer.body(batch, large));
  CHECK(writer.shows_truncation());
  CHECK(writer.end(batch, "A: b\r\n"));
  CHECK(sent(batch) == "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n12c\r\n" +
                           large + "\r\n0\r\nA: b\r\n\r\n");
}

TEST_CASE("output batch: partial writes keep what is left, in order, with what holds it") {
  const std::string body = "0123456789";
  for (size_t window = 0; window <= 20; ++window) {
    CAPTURE(window);
    MemoryPeer peer;
    const auto stream = peer.stream();
    peer.set_window(window);
    bool released = false;
    {
      OutputBatch batch;
      batch.copy("head,");
      batch.refer(body);
      batch.keep(Holder(&released, [](void* flag) { *static_cast<bool*>(flag) = true; }));
      batch.copy(",tail");
      CHECK(batch.size() == 20);
      CHECK(batch.flush(*stream));
      CHECK(batch.empty());
      batch.copy("!");
      CHECK(batch.flush(*stream));
    }
    CHECK(peer.received() == std::string("head,0123456789,tail!").substr(0, window));
    CHECK(stream->queued() == 21 - window);
    CHECK(released == (window >= 20));
    while (stream->queued() > 0) peer.take(1);
    CHECK(peer.received() == "head,0123456789,tail!");
    CHECK(released);
  }
}

TEST_CASE("output batch: a broken stream releases what was to be sent") {
  MemoryPeer peer;
  const auto stream = peer.stream();
  stream->reset();
  bool released = false;
  OutputBatch batch;
  batch.copy("x");
  batch.keep(Holder(&released, [](void* flag) { *static_cast<bool*>(flag) = true; }));
  CHECK_FALSE(batch.flush(*stream));
  CHECK(released);
  CHECK(batch.empty());
}

TEST_CASE("statistics: refusals are counted by status") {
  Statistics statistics;
  for (const uint16_t status : {400, 400, 431, 599, 200, 600}) statistics.count_refusal(status);
  CHECK(statistics.refused_with(400) == 2);
  CHECK(statistics.refused_with(431) == 1);
  CHECK(statistics.refused_with(599) == 1);
  CHECK(statistics.refused_with(200) == 0);
  CHECK(statistics.refused_total() == 4);
}

}  // namespace
}  // namespace atl::server
