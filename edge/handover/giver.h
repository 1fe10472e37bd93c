#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "edge/handover/message.h"
#include "edge/node.h"
#include "lib/net/descriptor.h"
#include "lib/net/loop.h"
#include "lib/net/message_channel.h"

namespace atl::edge::handover {

struct Socket {
  std::string kind;     // see message.h
  std::string address;  // as net::to_string() writes it
  net::Descriptor descriptor;
};

// What a process does to let another one take its place. All are called on the control loop.
class Estate {
 public:
  virtual ~Estate() = default;
  // Calls `told` once, in any turn, with every socket that is accepted from.
  virtual void sockets(std::function<void(std::vector<Socket>)> told) = 0;
  virtual std::string instance() = 0;
  // Lets go of what only one process can hold, and goes on serving without it. May block.
  virtual void release() = 0;
  // The other one did not make it: takes back what release() let go of.
  virtual void take_back() = 0;
  // The other one serves: accept no more, and bring connections to an end in their own time.
  virtual void retire() = 0;
  // Nobody tells of purges any more: no connection may wait for its next request.
  virtual void hurry() = 0;
  virtual void purge(const PurgeSpec& spec, std::function<void()> done) = 0;
};

// The end of the process that serves: listens for one that wants to take its place, one at a time.
// Control loop.
class Giver {
 public:
  // From "take" to "serving"; a process that needs longer is taken to have failed.
  static constexpr std::chrono::seconds kLimit{60};

  // Takes the path over from whoever had it. `estate` outlives the giver.
  static std::expected<std::unique_ptr<Giver>, std::string> listen(net::Loop& loop,
                                                                   const std::string& path,
                                                                   Estate& estate);

 private:
  enum class Step : uint8_t { Alone, Gathering, Offered, Released, Retired };

  Giver(net::Loop& loop, Estate& estate);
  void on_channel(std::unique_ptr<net::MessageChannel> channel);
  void on_message(const std::string& text);
  void on_closed();
  void offer(std::vector<Socket> sockets);
  void relay(const std::string& text);
  void give_up(const char* why);

  net::Loop& loop_;
  Estate& estate_;
  std::unique_ptr<net::MessageListener> listener_;
  std::unique_ptr<net::MessageChannel> channel_;  // to the successor
  net::Timer limit_;
  Step step_ = Step::Alone;
  uint64_t round_ = 0;  // tells sockets gathered for an earlier channel from this one's
  // Outlives the giver in what the node still has to call.
  std::shared_ptr<Giver*> self_;

 public:
  ~Giver() { *self_ = nullptr; }
  Giver(const Giver&) = delete;
  Giver& operator=(const Giver&) = delete;
};

}  // namespace atl::edge::handover
