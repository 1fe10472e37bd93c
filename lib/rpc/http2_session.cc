#include "lib/rpc/http2_session.h"

#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "lib/base/check.h"

namespace atl::rpc::client {

struct Http2Session::Call {
  Http2Stream* stream;  // null: detached
  int http_status = 0;
  int grpc_status = -1;  // absent
  std::string grpc_message;
};

namespace {

// The peer of a detached or finished call may go on; all streams together are bounded by their own
// windows, so the connection's is only in the way.
constexpr int32_t kConnectionWindow = 1 << 30;
constexpr size_t kMaxGrpcMessage = 1024;  // kept of what the peer says
constexpr uint32_t kMaxFrame = 1 << 20;   // larger frames from the peer: fewer of them

nghttp2_nv field(std::string_view name, std::string_view value) {
  return {reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
          NGHTTP2_NV_FLAG_NONE};
}

int number(std::string_view text) {
  int value = -1;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

struct Http2Session::Callbacks {
  static Http2Session& of(void* self) { return *static_cast<Http2Session*>(self); }

  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                       size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
                       void* self) {
    Call* call = of(self).find(frame->hd.stream_id);
    if (call == nullptr) return 0;
    const std::string_view key(reinterpret_cast<const char*>(name), name_size);
    const std::string_view text(reinterpret_cast<const char*>(value), value_size);
    if (key == ":status") call->http_status = number(text);
    if (key == "grpc-status") call->grpc_status = number(text);
    if (key == "grpc-message") call->grpc_message = text.substr(0, kMaxGrpcMessage);
    return 0;
  }

  static int on_data(nghttp2_session* session, uint8_t, int32_t id, const uint8_t* data,
                     size_t size, void* self) {
    nghttp2_session_consume_connection(session, size);
    Call* call = of(self).find(id);
    if (call == nullptr || call->stream == nullptr) {
      nghttp2_session_consume_stream(session, id, size);
    } else {
      call->stream->on_data({reinterpret_cast<const char*>(data), size});
    }
    return 0;
  }

  // The peer's last frame of a stream ends the call, whatever we still had to say.
  static int on_frame(nghttp2_session* session, const nghttp2_frame* frame, void* self) {
    const bool ends = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
    if (!ends || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
    const int32_t id = frame->hd.stream_id;
    if (nghttp2_session_get_stream_local_close(session, id) == 0) {
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_NO_ERROR);
    }
    of(self).finish(id, NGHTTP2_NO_ERROR);
    return 0;
  }

  static int on_close(nghttp2_session*, int32_t id, uint32_t error_code, void* self) {
    of(self).finish(id, error_code);
    return 0;
  }

  static ssize_t read(nghttp2_session*, int32_t id, uint8_t* out, size_t size, uint32_t* flags,
                      nghttp2_data_source*, void* self) {
    Call* call = of(self).find(id);
    if (call == nullptr || call->stream == nullptr) {
      *flags |= NGHTTP2_DATA_FLAG_EOF;
      return 0;
    }
    bool end = false;
    const size_t filled = call->stream->fill({out, size}, &end);
    if (end) *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (filled == 0 && !end) return NGHTTP2_ERR_DEFERRED;
    return static_cast<ssize_t>(filled);
  }
};

Http2Session::Http2Session(Options options) : options_(std::move(options)) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_option* option = nullptr;
  ATOLL_CHECK(nghttp2_session_callbacks_new(&callbacks) == 0 && nghttp2_option_new(&option) == 0);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::on_header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::on_data);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::on_frame);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::on_close);
  nghttp2_option_set_no_auto_window_update(option, 1);
  const int made = nghttp2_session_client_new2(&session_, callbacks, this, option);
  nghttp2_option_del(option);
  nghttp2_session_callbacks_del(callbacks);
  ATOLL_CHECK(made == 0);
  const std::array<nghttp2_settings_entry, 3> settings = {
      {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
       {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, options_.stream_window},
       {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, kMaxFrame}}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
}

Http2Session::~Http2Session() {
  calls_.clear();  // nghttp2 closes its streams as it dies
  nghttp2_session_del(session_);
}

Http2Session::Call* Http2Session::find(int32_t id) const {
  const auto it = calls_.find(id);
  return it == calls_.end() ? nullptr : it->second.get();
}

int32_t Http2Session::open(Http2Stream& stream, std::string_view path) {
  if (!takes_calls()) return -1;
  const std::array<nghttp2_nv, 7> fields = {field(":method", "POST"),
                                            field(":scheme", "http"),
                                            field(":path", path),
                                            field(":authority", options_.authority),
                                            field("te", "trailers"),
                                            field("content-type", "application/grpc"),
                                            field("user-agent", "grpc-atoll")};
  const nghttp2_data_provider body{{.ptr = nullptr}, Callbacks::read};
  const int32_t id =
      nghttp2_submit_request(session_, nullptr, fields.data(), fields.size(), &body, nullptr);
  if (id > 0) calls_.emplace(id, std::make_unique<Call>(Call{.stream = &stream}));
  return id;
}

void Http2Session::resume(int32_t id) { nghttp2_session_resume_data(session_, id); }

void Http2Session::consume(int32_t id, size_t bytes) {
  nghttp2_session_consume_stream(session_, id, bytes);
}

void Http2Session::cancel(int32_t id) {
  if (calls_.erase(id) == 0) return;
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
}

void Http2Session::detach(int32_t id) {
  if (Call* call = find(id)) call->stream = nullptr;
}

bool Http2Session::receive(std::string_view bytes) {
  const ssize_t taken = nghttp2_session_mem_recv(
      session_, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  return taken >= 0 && static_cast<size_t>(taken) == bytes.size();
}

bool Http2Session::take_output(std::string& out, size_t limit) {
  while (out.size() < limit) {
    const uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
    if (size < 0) return false;
    if (size == 0) break;
    out.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
  }
  return nghttp2_session_want_read(session_) != 0 || nghttp2_session_want_write(session_) != 0;
}

bool Http2Session::wants_output() const { return nghttp2_session_want_write(session_) != 0; }

void Http2Session::ping() { nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr); }

bool Http2Session::takes_calls() const {
  return nghttp2_session_check_request_allowed(session_) != 0;
}

void Http2Session::finish(int32_t id, uint32_t error_code) {
  auto node = calls_.extract(id);
  if (node.empty() || node.mapped()->stream == nullptr) return;
  const Call& call = *node.mapped();
  std::string detail = "the origin ended the stream";
  if (call.http_status != 0 && call.http_status != 200) {
    detail = fmt::format("the peer answered with HTTP status {}: it does not speak gRPC",
                         call.http_status);
  } else if (call.grpc_status > 0) {
    detail = call.grpc_message.empty() ? fmt::format("gRPC status {}", call.grpc_status)
                                       : call.grpc_message;
  } else if (error_code != NGHTTP2_NO_ERROR) {
    detail = fmt::format("the stream was reset: {}", nghttp2_http2_strerror(error_code));
  }
  call.stream->on_close(std::move(detail));
}

void Http2Session::close_all(const std::string& detail) {
  for (const auto& [id, call] : std::exchange(calls_, {})) {
    if (call->stream != nullptr) call->stream->on_close(detail);
  }
}

}  // namespace atl::rpc::client
