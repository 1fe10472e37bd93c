#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "lib/net/loop.h"
#include "lib/store/redis/link.h"
#include "lib/store/redis/redis_store.h"
#include "lib/store/redis/script.h"
#include "lib/store/redis/topology.h"
#include "lib/store/redis/verdict.h"
#include "lib/store/store.h"

namespace atl::store::redis {

// One call of the store from its beginning to its answer, over as many attempts as it takes.
struct Operation {
  struct Get {
    std::string sort;
    Store::OnDone<std::optional<Item>> on_done;
  };
  struct Range {
    Store::OnDone<Page> on_done;
  };
  struct Put {
    Write write;  // without its values
    Version version;
    Store::OnDone<Written> on_done;
  };
  std::variant<Get, Range, Put> what;
  Call call;
  uint16_t slot = 0;
  size_t bytes = 0;
  MonoTime deadline{};
  std::optional<net::Endpoint> ask;  // the next attempt goes there, after ASKING
  bool whole = false;                // the server does not know the script
  int hops = 0;                      // redirections followed at once
  Error last{};                      // what to say when the time is over

  bool writes() const { return std::holds_alternative<Put>(what); }
};

// Sends operations where they belong and again where that is safe. Lives behind a shared pointer,
// because an answer may be the end of the store. Loop thread.
class Client : public std::enable_shared_from_this<Client> {
 public:
  Client(net::Loop& loop, RedisOptions options);
  void start();
  // No answer comes after this; what was not answered is destroyed now.
  void close();

  // Takes all of `operation` but deadline and bytes; `problem`: it is refused, in a later turn.
  void submit(Operation operation, size_t bytes, std::optional<Error> problem);

  Version next_version();
  const RedisOptions& options() const { return options_; }
  std::string problem() const;

 private:
  using Id = uint64_t;
  struct Server {
    std::unique_ptr<Link> reads;
    std::unique_ptr<Link> writes;  // apart, so that no read waits behind WAIT
    std::string problem;           // empty: none known

    bool busy() const { return (reads && !reads->idle()) || (writes && !writes->idle()); }
  };

  void dispatch(Id id);
  void wait(Id id);
  void retry();
  void answered(Id id, const net::Endpoint& by, std::expected<Reply, Loss> reply);
  void lost(Id id, Loss loss);
  void judged(Id id, const net::Endpoint& by, const std::string& text);
  void read(Id id, const Reply& reply);
  void finish(Id id, Error error);
  // Removes it from the books; empty: it is not there.
  std::optional<Operation> extract(Id id);

  Link& link_to(const net::Endpoint& to, bool writes);
  void drop(Server& server);
  void forget_others(const std::vector<net::Endpoint>& masters);
  void note(const net::Endpoint& server, std::string why);

  net::Loop& loop_;
  const RedisOptions options_;
  const Digests digests_;
  std::unique_ptr<Topology> topology_;
  std::string topology_problem_;
  std::map<std::pair<std::string, uint16_t>, Server> servers_;
  std::map<Id, Operation> operations_;
  std::vector<Id> waiting_;  // for the next attempt
  Id last_ = 0;
  size_t bytes_ = 0;
  std::mt19937_64 random_;
  net::Timer retry_;
};

}  // namespace atl::store::redis
