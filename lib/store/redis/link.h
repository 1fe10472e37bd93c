#pragma once

#include <chrono>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.h"
#include "lib/net/endpoint.h"
#include "lib/net/loop.h"
#include "lib/net/resolver.h"
#include "lib/net/stream.h"
#include "lib/net/tcp_connector.h"
#include "lib/store/redis/reply.h"

namespace atl::store::redis {

// How a command ended that has no reply.
enum class Loss : uint8_t {
  NotSent,  // it never left
  Unknown,  // it left; the server may have carried it out, or will
  TooFew,   // it was carried out, but not by enough replicas in time
};

// Everybody's words before the first command, and how many replicas a write waits for.
struct LinkOptions {
  std::string user;      // empty: none is named
  std::string password;  // empty: none is shown
  bool data = true;      // a server of data, not a Sentinel: scripts are loaded
  bool master = false;   // it must say that it is one
  int replicas = 0;      // that must have a write before it is answered
  std::chrono::milliseconds replica_timeout{1000};
  std::chrono::milliseconds connect_timeout{1000};
};

// One connection to one server, from looking up its name to its end; commands are pipelined, and
// those of one turn leave in one write. It does not reconnect: who owns it makes another, and hands
// this one to Loop::dispose(), since it may be in one of its calls. Loop thread.
class Link final : public net::Disposable, private net::Stream::Reader {
 public:
  using OnReply = std::move_only_function<void(std::expected<Reply, Loss>)>;
  // The connection is over; static text. Before the commands it had are told.
  using OnDown = std::move_only_function<void(const char* why)>;

  Link(net::Loop& loop, net::Endpoint to, const LinkOptions& options, OnDown on_down);
  ~Link() override;  // calls nothing

  // Not on a link that is down. `command` may be several commands; the reply is that of the last.
  // `deadline`: without a reply until then, all that was sent is lost. `replicated`: it is a write.
  void send(std::string command, size_t commands, MonoTime deadline, bool replicated,
            OnReply on_reply);

  // Goes down at the end of the turn, telling nobody but the commands it had.
  void give_up();

  bool down() const { return state_ == State::Down; }
  // Nothing that was sent waits for its reply.
  bool idle() const { return expected_.empty() && waiting_.empty() && unconfirmed_.empty(); }
  const net::Endpoint& to() const { return to_; }

 private:
  enum class State : uint8_t { Connecting, Greeting, Up, Down };
  // A reply that is to come.
  struct Expected {
    enum class Kind : uint8_t { Greeting, Skipped, Command, Replicated, Wait };
    Kind kind = Kind::Command;
    MonoTime deadline;
    OnReply on_reply;
  };
  struct Waiting {  // for connecting
    std::string command;
    size_t commands;
    MonoTime deadline;
    bool replicated;
    OnReply on_reply;
  };
  struct Unconfirmed {  // answered, but not yet by replicas
    OnReply on_reply;
    Reply reply;
  };

  void connect(std::vector<net::Endpoint> addresses);
  void greet();
  void greeted(const Reply& reply);
  void enqueue(Waiting command);
  void flush();
  void take(Reply reply);
  void confirm(const Reply& reply);
  void fail(const char* why);

  void on_read(net::Bytes bytes) override;
  void on_end() override { fail("the server closed the connection"); }
  void on_error(Error) override { fail("the connection broke"); }
  void on_drained() override {}

  net::Loop& loop_;
  const net::Endpoint to_;
  const LinkOptions options_;
  OnDown on_down_;
  State state_ = State::Connecting;
  std::optional<net::Resolver> resolver_;
  std::optional<net::TcpConnector> connector_;
  std::unique_ptr<net::Stream> stream_;
  ReplyReader reader_;
  size_t greetings_ = 0;  // replies of the greeting that are to come
  std::vector<Waiting> waiting_;
  std::string out_;
  bool replicated_out_ = false;  // out_ has a write that waits for replicas
  MonoTime last_deadline_{};
  std::deque<Expected> expected_;
  std::vector<Unconfirmed> unconfirmed_;
  std::shared_ptr<Link*> self_;  // null inside when this is gone: for what the turn's end calls
  bool flushing_ = false;
  net::Timer watch_;
};

}  // namespace atl::store::redis
