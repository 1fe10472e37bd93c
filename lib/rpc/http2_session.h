#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

struct nghttp2_session;

namespace atl::rpc::client {

// One call as the session sees it. Called from inside the session's own calls: must not call back
// into it, save for what each function allows.
class Http2Stream {
 public:
  virtual ~Http2Stream() = default;
  // Bytes of the response body; consume() is owed for them, and allowed here.
  virtual void on_data(std::string_view bytes) = 0;
  // The next bytes of the request body into `out`: how many; 0 for none now, until resume().
  // `*end` is set with the last ones.
  virtual size_t fill(std::span<uint8_t> out, bool* end) = 0;
  // Last call. `detail` says how the call ended, for people.
  virtual void on_close(std::string detail) = 0;
};

// The client's end of HTTP/2 (RFC 9113) as gRPC uses it; nghttp2 without I/O, so that bytes from
// anywhere can be put in. One thread.
class Http2Session {
 public:
  struct Options {
    std::string authority;
    uint32_t stream_window = 65'535;  // bytes of one response body that may be unconsumed
  };

  explicit Http2Session(Options options);
  ~Http2Session();  // streams that are left hear nothing
  Http2Session(const Http2Session&) = delete;
  Http2Session& operator=(const Http2Session&) = delete;

  // A call of `path`, such as "/atl.v1.Origin/Exchange". Its id; negative when the session takes no
  // more. `stream` must live until on_close(), detach() or cancel().
  int32_t open(Http2Stream& stream, std::string_view path);
  // fill() has bytes again.
  void resume(int32_t id);
  // `bytes` of on_data() have been dealt with: the peer may send as many again.
  void consume(int32_t id, size_t bytes);
  // RST_STREAM; nothing more is heard.
  void cancel(int32_t id);
  // The call goes to its end and nothing more is heard of it.
  void detach(int32_t id);

  // Bytes from the peer. False: the connection is beyond use.
  bool receive(std::string_view bytes);
  // Appends bytes for the peer, until `out` holds `limit` or there are none. False as above.
  bool take_output(std::string& out, size_t limit);
  bool wants_output() const;
  void ping();

  // False once the peer said GOAWAY or the ids are used up.
  bool takes_calls() const;
  bool idle() const { return calls_.empty(); }
  // on_close() to every stream that is left.
  void close_all(const std::string& detail);

 private:
  struct Call;
  struct Callbacks;
  Call* find(int32_t id) const;
  void finish(int32_t id, uint32_t error_code);

  const Options options_;
  nghttp2_session* session_ = nullptr;
  std::unordered_map<int32_t, std::unique_ptr<Call>> calls_;
};

}  // namespace atl::rpc::client
