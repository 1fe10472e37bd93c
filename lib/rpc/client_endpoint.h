#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/net/loop.h"
#include "lib/rpc/client_call.h"

namespace atl::rpc::client {

// One origin process as one loop sees it: its Multiplex stream, whether it is there, and what waits
// to be sent. Loop thread.
class Endpoint {
 public:
  // `patience`, `certificate`: ExchangeHead's.
  Endpoint(std::shared_ptr<Shared> shared, std::string address, std::string certificate,
           std::chrono::milliseconds patience);
  ~Endpoint();
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  // `call` is ready to be sent. Goes out at the end of the turn, when the endpoint is up, or fails
  // in a later turn.
  void submit(Call& call);
  void cancel(uint64_t id);  // `id` was multiplexed and is no longer wanted
  void left_multiplex() { --open_; }
  std::shared_ptr<Http2Link> body_link();

  // From now on the other end must have this certificate; connections to another are broken.
  void expect(std::string_view certificate);
  // Breaks connections to an other end that was revoked. With a new `security` of the client's, new
  // streams use it; the Multiplex stream stays as it is, being one call.
  void recheck();

  std::optional<bool> reachable() const { return reachable_; }

  // From the inbox.
  void on_message(v1::MultiplexResponse& message);
  void on_closed(uint64_t stream, uint64_t last_sent, const std::string& detail);

 private:
  enum class State : uint8_t {
    Idle,        // nobody asked, or nobody has asked for long
    Connecting,  // calls wait for the outcome
    Up,
    Down,     // the last attempt failed; calls fail at once; waiting for the next attempt
    Probing,  // likewise, and an attempt is under way
  };

  std::shared_ptr<Http2Link> link(Carries carries);
  void connect();
  void on_timer();
  void come_up(const v1::MultiplexResponse::Limits& limits);
  void flush_later();
  void flush();
  void send_batch(v1::MultiplexRequest& batch, uint64_t last_id);
  void fail_calls(uint64_t last_sent, const std::string& detail);

  const std::shared_ptr<Shared> shared_;
  const std::string address_;
  std::string certificate_;
  const std::chrono::milliseconds patience_;
  State state_ = State::Idle;
  std::optional<bool> reachable_;
  std::string last_error_;

  std::shared_ptr<Http2Link> mux_link_;
  std::unique_ptr<MuxStream> mux_;
  uint64_t mux_id_ = 0;
  std::shared_ptr<Http2Link> body_link_;
  net::Timer timer_;  // Connecting, Probing: gives up; Down: tries again
  std::chrono::milliseconds backoff_;
  MonoTime up_since_{};
  MonoTime last_asked_{};

  uint32_t open_limit_;
  size_t body_limit_;
  uint32_t open_ = 0;            // exchanges on Multiplex
  std::vector<uint64_t> opens_;  // calls to be sent at the end of the turn
  std::vector<uint64_t> cancels_;
  bool flush_posted_ = false;
};

}  // namespace atl::rpc::client
