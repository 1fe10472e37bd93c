#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/net/endpoint.h"
#include "lib/net/loop.h"
#include "lib/net/stream.h"
#include "lib/net/tcp_connector.h"

namespace atl::probe {

// What a look at a server showed.
struct Finding {
  bool reachable = false;
  const char* detail = "";  // static text: why not
  bool nobody_listens = false;
};

// The first bytes of an answer. Empty: more are needed. Pure; any bytes.
std::optional<Finding> judge_answer(std::string_view bytes);

// Asks one HTTP server once whether it is there: a connection of its own, and "OPTIONS *" (RFC 9110
// section 9.3.7), which has no effect. Any answer that is not 5xx says that it is. Loop thread.
class HttpProbe final : public net::Disposable, private net::Stream::Reader {
 public:
  using OnDone = std::function<void(Finding)>;

  // Calls `on_done` once, within `timeout`, in a later turn. In it the probe may be given to
  // Loop::dispose(), not destroyed; one that dies earlier is silent. `to`: a numeric address.
  HttpProbe(net::Loop& loop, const net::Endpoint& to, std::chrono::milliseconds timeout,
            OnDone on_done);
  ~HttpProbe() override;

 private:
  void ask(std::unique_ptr<net::TcpStream> stream);
  void finish(Finding finding);

  void on_read(net::Bytes bytes) override;
  void on_end() override { finish({false, "it closed the connection without an answer"}); }
  void on_error(Error error) override { finish({false, error.detail}); }
  void on_drained() override {}

  OnDone on_done_;
  std::string received_;
  std::unique_ptr<net::TcpStream> stream_;
  std::unique_ptr<net::TcpConnector> connector_;
  net::Timer limit_;
};

}  // namespace atl::probe
