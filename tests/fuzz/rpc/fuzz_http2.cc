// What an origin sends, as arbitrary bytes in pieces of the size that the first byte says (0: all
// at once), against a session with two calls on it. What must hold: each call ends exactly once,
// what comes for it is bounded by its window, and nothing is left behind.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/check.h"
#include "lib/rpc/http2_session.h"
#include "lib/rpc/message_reader.h"

namespace atl::rpc::client {
namespace {

constexpr uint32_t kWindow = 70'000;
// nghttp2 resets a stream that overruns its window, and ignores the rest once that was sent: what
// one read brings may come on top.
constexpr size_t kRead = 65'536;

class Call final : public Http2Stream {
 public:
  Call(Http2Session& session, bool consumes) : session_(session), consumes_(consumes) {
    id_ = session.open(*this, "/atl.v1.Origin/Exchange");
    ATOLL_CHECK(id_ > 0);
  }
  void on_data(std::string_view bytes) override {
    ATOLL_CHECK(!closed_);
    unconsumed_ += bytes.size();
    ATOLL_CHECK(unconsumed_ <= kWindow + kRead);
    if (reader_.append(bytes)) {
      while (reader_.ready()) reader_.take();
    }
    if (!consumes_) return;
    session_.consume(id_, bytes.size());
    unconsumed_ = 0;
  }
  size_t fill(std::span<uint8_t> out, bool* end) override {
    ATOLL_CHECK(!closed_);
    const size_t part = std::min(out.size(), left_);
    std::fill_n(out.begin(), part, uint8_t{'x'});
    left_ -= part;
    *end = left_ == 0;
    return part;
  }
  void on_close(std::string) override {
    ATOLL_CHECK(!closed_);
    closed_ = true;
  }
  bool closed() const { return closed_; }

 private:
  Http2Session& session_;
  const bool consumes_;
  MessageReader reader_{100'000};
  int32_t id_ = -1;
  size_t unconsumed_ = 0;
  size_t left_ = 30'000;
  bool closed_ = false;
};

bool converse(Http2Session& session, std::string_view bytes, size_t step) {
  std::string out;
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, step);
    bytes.remove_prefix(piece.size());
    out.clear();
    if (!session.receive(piece) || !session.take_output(out, 1 << 20)) return false;
  }
  return true;
}

}  // namespace
}  // namespace atl::rpc::client

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace atl::rpc::client;
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  Http2Session session({.authority = "origin:9000", .stream_window = kWindow});
  Call one(session, true);
  Call two(session, false);
  std::string hello;
  ATOLL_CHECK(session.take_output(hello, 1 << 20) && hello.starts_with("PRI * HTTP/2.0"));
  converse(session, bytes, data[0] == 0 ? kRead : data[0]);
  session.close_all("over");
  ATOLL_CHECK(one.closed() && two.closed());
  return 0;
}
