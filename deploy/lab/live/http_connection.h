#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "deploy/lab/live/response_reader.h"
#include "lib/base/clock.h"
#include "lib/net/endpoint.h"
#include "lib/net/loop.h"
#include "lib/net/tcp_connector.h"

namespace atl::lab {

// A client's connection: one request at a time, any number one after another. Loop thread.
class HttpConnection final : public net::Disposable, private net::Stream::Reader {
 public:
  struct Answer {
    bool whole = false;  // false: no answer, or not all of it
    int status = 0;
    uint64_t bytes = 0;  // of the body
    std::string body;    // if it was to be kept
    std::string cache_status;
    MonoTime first{};  // when its first byte came
    MonoTime last{};
  };
  // Called once for each ask(). May give the connection to Loop::dispose(), and not destroy it.
  using OnAnswer = std::function<void(const Answer&)>;

  // Bodies of at most `keep` bytes are kept.
  HttpConnection(net::Loop& loop, net::Endpoint to, uint64_t keep = 0)
      : loop_(loop), to_(std::move(to)), keep_(keep) {}

  // A whole request, head and body. Connects if it is not connected. Not while another one is under
  // way.
  void ask(std::string request, OnAnswer on_answer);
  // Whether another ask() may follow.
  bool usable() const { return !broken_; }

 private:
  void on_read(net::Bytes bytes) override;
  void on_end() override { finish(false); }
  void on_error(Error) override { finish(false); }
  void on_drained() override {}
  void connected(Result<std::unique_ptr<net::TcpStream>> stream);
  void send();
  void finish(bool whole);

  net::Loop& loop_;
  net::Endpoint to_;
  uint64_t keep_;
  std::unique_ptr<net::TcpConnector> connector_;
  std::unique_ptr<net::TcpStream> stream_;
  bool broken_ = false;
  std::string request_;
  OnAnswer on_answer_;
  ResponseReader reader_;
  Answer answer_;
};

}  // namespace atl::lab
