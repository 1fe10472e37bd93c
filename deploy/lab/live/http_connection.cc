#include "deploy/lab/live/http_connection.h"

namespace atl::lab {
namespace {

constexpr std::chrono::milliseconds kConnectTimeout{5000};

MonoTime clock_now() { return SystemClock().mono(); }

}  // namespace

void HttpConnection::ask(std::string request, OnAnswer on_answer) {
  request_ = std::move(request);
  on_answer_ = std::move(on_answer);
  reader_ = ResponseReader(keep_);
  answer_ = {};
  if (stream_) return send();
  connector_ = std::make_unique<net::TcpConnector>(
      loop_, to_, kConnectTimeout,
      [this](Result<std::unique_ptr<net::TcpStream>> stream) { connected(std::move(stream)); });
}

void HttpConnection::connected(Result<std::unique_ptr<net::TcpStream>> stream) {
  if (!stream) return finish(false);
  stream_ = *std::move(stream);
  stream_->set_reader(this);
  stream_->start_reading();
  send();
}

void HttpConnection::send() {
  auto kept = std::make_unique<std::string>(std::move(request_));
  const net::Bytes bytes(*kept);
  stream_->write({&bytes, 1}, hold(std::move(kept)));
}

void HttpConnection::on_read(net::Bytes bytes) {
  if (!on_answer_) return finish(false);  // nobody asked
  if (answer_.first == MonoTime{}) answer_.first = clock_now();
  switch (reader_.push(bytes)) {
    case ResponseReader::Progress::More:
      return;
    case ResponseReader::Progress::Done:
      return finish(true);
    case ResponseReader::Progress::Bad:
      return finish(false);
  }
}

void HttpConnection::finish(bool whole) {
  broken_ = broken_ || !whole || !reader_.keeps_alive();
  if (!on_answer_) return;  // idle, and the other side closed
  answer_.whole = whole;
  answer_.status = reader_.status();
  answer_.bytes = reader_.body_bytes();
  answer_.body = reader_.body();
  answer_.cache_status = reader_.cache_status();
  answer_.last = clock_now();
  std::exchange(on_answer_, nullptr)(answer_);
}

}  // namespace atl::lab
