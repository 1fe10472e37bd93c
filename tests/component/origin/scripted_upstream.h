#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace atl::origin::test {

// One connection to a ScriptedUpstream, in the hands of the script; blocking.
class UpstreamConnection {
 public:
  UpstreamConnection(int fd, int nth) : index(nth), fd_(fd) {}

  std::string read_head();  // with the empty line; "" when the peer is gone
  std::string read_exactly(size_t size);
  std::string read_chunked();         // the chunks as on the wire, to the last one and its trailers
  bool wait_for_close();              // true: the peer closed
  bool send(std::string_view bytes);  // false: the peer is gone
  void reset();                       // RST instead of FIN

  const int index;  // counts connections from 0

 private:
  friend class ScriptedUpstream;
  bool fill();

  int fd_;
  std::string buffer_;
};

// An HTTP upstream that says exactly what a test wants said: a thread for each connection.
class ScriptedUpstream {
 public:
  using Script = std::function<void(UpstreamConnection&)>;

  explicit ScriptedUpstream(Script script);
  ~ScriptedUpstream();

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  uint16_t port() const { return port_; }
  int connections() const { return connections_; }

 private:
  void accept_all();

  Script script_;
  int listener_;
  uint16_t port_ = 0;
  std::atomic<int> connections_ = 0;
  std::mutex mutex_;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace atl::origin::test
