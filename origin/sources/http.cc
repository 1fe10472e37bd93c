#include "origin/sources/http.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <utility>

#include "origin/sources/curl_loop.h"
#include "origin/sources/http_failure.h"
#include "origin/sources/methods.h"
#include "origin/sources/resting_connections.h"
#include "origin/sources/upstream_head.h"
#include "origin/sources/upstream_request.h"

namespace atl::origin {
namespace {

MonoTime now() { return std::chrono::steady_clock::now(); }

// What is fixed for every exchange of one source, and what they learn about the upstream.
struct Upstream {
  explicit Upstream(HttpOptions with) : options(std::move(with)), url(split_url(options.url)) {}

  const HttpOptions options;
  const UpstreamUrl url;
  std::mutex mutex;
  std::string unreachable;     // why the last attempt to connect failed; empty: it did not
  RestingConnections resting;  // the loop's thread
};

// One exchange. libcurl's callbacks, and everything the server posts, run on the loop's thread.
class HttpExchange final : public rpc::ExchangeHandler,
                           public Transfer,
                           public std::enable_shared_from_this<HttpExchange> {
 public:
  HttpExchange(Upstream& upstream, CurlLoop& loop,
               std::shared_ptr<const rpc::OriginRequest> request,
               std::shared_ptr<rpc::ExchangeResponder> responder)
      : upstream_(upstream),
        loop_(loop),
        request_(std::move(request)),
        responder_(std::move(responder)),
        head_(request_->method == "HEAD") {}

  void begin() {
    loop_.post([self = shared_from_this()] { self->start(); });
  }

  // ExchangeHandler; any thread.
  void on_writable() override {
    loop_.post([self = shared_from_this()] { self->go_on_receiving(); });
  }
  void on_body(std::string piece) override {
    loop_.post([self = shared_from_this(), piece = std::move(piece)]() mutable {
      self->upload_ = std::move(piece);
      self->uploaded_ = 0;
      self->go_on_sending();
    });
  }
  void on_body_end(std::string trailers) override {
    loop_.post([self = shared_from_this(), trailers = std::move(trailers)]() mutable {
      self->upload_trailers_ = std::move(trailers);
      self->go_on_sending();
    });
  }
  void on_cancel() override {
    cancelled_ = true;
    loop_.post([self = shared_from_this()] { self->stop(); });
  }

  // Transfer
  void on_done(CURLcode result, curl_socket_t connection) override;
  CURLcode on_tick(MonoTime time) override;

 private:
  void start();
  void stop();
  void set_callbacks();
  void go_on_receiving();
  void go_on_sending();
  void set_pauses();
  void fail(rpc::FailureReason reason, std::string detail);

  size_t take_header(std::string_view line);
  size_t take_body(std::string_view bytes);
  size_t give_body(char* out, size_t room);
  int about_to_send(long local_port);
  void let_rest(curl_socket_t connection);
  int give_trailers(curl_slist** out);

  Upstream& upstream_;
  CurlLoop& loop_;
  const std::shared_ptr<const rpc::OriginRequest> request_;
  const std::shared_ptr<rpc::ExchangeResponder> responder_;
  std::atomic<bool> cancelled_{false};

  Easy easy_;
  Lines lines_;
  std::array<char, CURL_ERROR_SIZE> error_{};
  bool active_ = false;
  bool sent_ = false;
  UpstreamHead head_;
  bool receiving_held_ = false;  // the responder takes no more
  bool sending_held_ = false;    // nothing to send yet
  std::string upload_;
  size_t uploaded_ = 0;  // of upload_
  std::optional<std::string> upload_trailers_;
  MonoTime began_{};
  MonoTime progress_{};  // last sign of life that was not ours to give
};

void HttpExchange::start() {
  if (cancelled_) return;
  easy_.reset(curl_easy_init());
  lines_ = upstream_fields(*request_, upstream_.options, upstream_.url);
  if (easy_ == nullptr || lines_ == nullptr) {
    return fail(rpc::FailureReason::Overloaded, "there is no memory for another request");
  }
  if (request_->method == "HEAD" && request_->has_body()) {
    return fail(rpc::FailureReason::BadRequest, "HEAD with a body is not forwarded");
  }
  set_up(easy_.get(), *request_, upstream_.options, upstream_.url);
  set_callbacks();
  began_ = progress_ = now();
  active_ = true;
  loop_.add(easy_.get(), shared_from_this());
}

void HttpExchange::set_callbacks() {
  CURL* easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, lines_.get());
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_.data());
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(
      easy, CURLOPT_HEADERFUNCTION, +[](char* data, size_t, size_t size, void* self) {
        return static_cast<HttpExchange*>(self)->take_header({data, size});
      });
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(
      easy, CURLOPT_WRITEFUNCTION, +[](char* data, size_t, size_t size, void* self) {
        return static_cast<HttpExchange*>(self)->take_body({data, size});
      });
  curl_easy_setopt(easy, CURLOPT_READDATA, this);
  curl_easy_setopt(
      easy, CURLOPT_READFUNCTION, +[](char* out, size_t size, size_t n, void* self) {
        return static_cast<HttpExchange*>(self)->give_body(out, size * n);
      });
  curl_easy_setopt(easy, CURLOPT_TRAILERDATA, this);
  curl_easy_setopt(
      easy, CURLOPT_TRAILERFUNCTION, +[](curl_slist** out, void* self) {
        return static_cast<HttpExchange*>(self)->give_trailers(out);
      });
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, this);
  curl_easy_setopt(
      easy, CURLOPT_PREREQFUNCTION, +[](void* self, char*, char*, int, int local_port) {
        return static_cast<HttpExchange*>(self)->about_to_send(local_port);
      });
  // Of the connection, which may outlive this exchange.
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, &upstream_.resting);
  curl_easy_setopt(
      easy, CURLOPT_CLOSESOCKETFUNCTION, +[](void* resting, curl_socket_t connection) {
        static_cast<RestingConnections*>(resting)->forget(connection);
        return ::close(connection);
      });
}

void HttpExchange::stop() {
  if (std::exchange(active_, false)) loop_.remove(easy_.get());
}

// ---- request -------------------------------------------------------------------------------

// libcurl has a connection and sends the request now. It comes here again when a connection from
// its pool turned out to be dead, which for a request that must not be sent twice is one time too
// many.
int HttpExchange::about_to_send(long local_port) {
  // Not sent then: libcurl fails to write and comes again with another connection.
  if (!upstream_.resting.wake(local_port)) return CURL_PREREQFUNC_OK;
  const bool again = std::exchange(sent_, true);
  if (again && (request_->has_body() || !is_idempotent(request_->method))) {
    return CURL_PREREQFUNC_ABORT;
  }
  responder_->request_sent();
  const std::lock_guard lock(upstream_.mutex);
  upstream_.unreachable.clear();
  return CURL_PREREQFUNC_OK;
}

size_t HttpExchange::give_body(char* out, size_t room) {
  if (uploaded_ == upload_.size()) {
    if (upload_trailers_) return 0;
    sending_held_ = true;
    responder_->read_body();
    return CURL_READFUNC_PAUSE;
  }
  const size_t size = std::min(room, upload_.size() - uploaded_);
  std::memcpy(out, upload_.data() + uploaded_, size);
  uploaded_ += size;
  progress_ = now();
  return size;
}

int HttpExchange::give_trailers(curl_slist** out) {
  Lines lines;
  std::string_view rest = upload_trailers_ ? *upload_trailers_ : std::string_view();
  for (size_t end; (end = rest.find("\r\n")) != std::string_view::npos;
       rest.remove_prefix(end + 2)) {
    curl_slist* longer = curl_slist_append(lines.get(), std::string(rest.substr(0, end)).c_str());
    if (longer == nullptr) return CURL_TRAILERFUNC_ABORT;
    (void)lines.release();
    lines.reset(longer);
  }
  *out = lines.release();  // libcurl frees it
  return CURL_TRAILERFUNC_OK;
}

void HttpExchange::go_on_sending() {
  if (!active_ || !std::exchange(sending_held_, false)) return;
  progress_ = now();
  set_pauses();
}

// ---- response ------------------------------------------------------------------------------

size_t HttpExchange::take_header(std::string_view line) {
  progress_ = now();
  switch (head_.add(line)) {
    case UpstreamHead::Event::More:
      break;
    case UpstreamHead::Event::Informational:
      responder_->inform(head_.status(), head_.take_fields());
      break;
    case UpstreamHead::Event::Final: {
      rpc::OriginResponse response;
      response.status = head_.status();
      response.reason = head_.reason();
      response.fields = head_.take_fields();
      response.body_length = head_.body_length();
      receiving_held_ = !responder_->head(std::move(response));
      break;
    }
    case UpstreamHead::Event::Invalid:
      return 0;  // on_done() says why
  }
  return line.size();
}

size_t HttpExchange::take_body(std::string_view bytes) {
  if (receiving_held_) return CURL_WRITEFUNC_PAUSE;
  progress_ = now();
  receiving_held_ = !responder_->write(std::string(bytes));
  return bytes.size();
}

void HttpExchange::go_on_receiving() {
  if (!active_ || !std::exchange(receiving_held_, false)) return;
  progress_ = now();
  set_pauses();
}

void HttpExchange::set_pauses() {
  int pauses = CURLPAUSE_CONT;
  if (receiving_held_) pauses |= CURLPAUSE_RECV;
  if (sending_held_) pauses |= CURLPAUSE_SEND;
  curl_easy_pause(easy_.get(), pauses);
}

CURLcode HttpExchange::on_tick(MonoTime time) {
  const HttpOptions& options = upstream_.options;
  if (options.timeout.count() > 0 && time - began_ > options.timeout) {
    return CURLE_OPERATION_TIMEDOUT;
  }
  // While we hold it back, the upstream is not to blame for its silence.
  if (receiving_held_ || sending_held_) return CURLE_OK;
  const auto allowed = head_.has_final() ? options.idle_timeout : options.head_timeout;
  return time - progress_ > allowed ? CURLE_OPERATION_TIMEDOUT : CURLE_OK;
}

void HttpExchange::let_rest(curl_socket_t connection) {
  long version = 0;
  long local_port = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_HTTP_VERSION, &version);
  curl_easy_getinfo(easy_.get(), CURLINFO_LOCAL_PORT, &local_port);
  const bool one_at_a_time = version == CURL_HTTP_VERSION_1_0 || version == CURL_HTTP_VERSION_1_1;
  if (one_at_a_time && connection != CURL_SOCKET_BAD) {
    upstream_.resting.rest(connection, local_port);
  }
}

void HttpExchange::on_done(CURLcode result, curl_socket_t connection) {
  active_ = false;
  if (result == CURLE_OK) let_rest(connection);
  if (cancelled_) return;
  if (result == CURLE_OK && head_.has_final()) {
    if (auto trailers = head_.take_trailers()) return responder_->end(std::move(*trailers));
    return fail(rpc::FailureReason::Protocol, "the upstream's trailers are malformed");
  }
  if (*head_.problem() != '\0') return fail(rpc::FailureReason::Protocol, head_.problem());
  long system_error = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &system_error);
  const rpc::FailureReason reason =
      reason_of(result, {sent_, head_.has_final(), system_error == ETIMEDOUT});
  std::string detail = error_[0] != '\0' ? error_.data() : curl_easy_strerror(result);
  if (result == CURLE_OK) detail = "the upstream closed before its head was complete";
  if (!sent_) {
    const std::lock_guard lock(upstream_.mutex);
    upstream_.unreachable = detail;
  }
  fail(reason, std::move(detail));
}

void HttpExchange::fail(rpc::FailureReason reason, std::string detail) {
  responder_->fail({reason, sent_, std::move(detail)});
}

class HttpSource final : public Source {
 public:
  explicit HttpSource(HttpOptions options)
      : upstream_(std::move(options)),
        loop_({static_cast<long>(upstream_.options.max_connections),
               static_cast<long>(upstream_.options.max_idle_connections)}) {}

  std::shared_ptr<rpc::ExchangeHandler> open(
      std::shared_ptr<const rpc::OriginRequest> request,
      std::shared_ptr<rpc::ExchangeResponder> responder) override {
    auto exchange =
        std::make_shared<HttpExchange>(upstream_, loop_, std::move(request), std::move(responder));
    exchange->begin();
    return exchange;
  }
  std::string_view type() const override { return "http"; }
  Readiness readiness() const override {
    const std::lock_guard lock(upstream_.mutex);
    return {upstream_.unreachable.empty(), upstream_.unreachable};
  }

 private:
  mutable Upstream upstream_;
  CurlLoop loop_;  // dies first: its transfers refer to upstream_
};

}  // namespace

std::expected<std::unique_ptr<Source>, std::string> make_http_source(HttpOptions options) {
  if (!options.ca_file.empty() && ::access(options.ca_file.c_str(), R_OK) != 0) {
    return std::unexpected("ca_file " + options.ca_file + ": " + strerrordesc_np(errno));
  }
  return std::make_unique<HttpSource>(std::move(options));
}

}  // namespace atl::origin
