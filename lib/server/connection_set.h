#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "lib/base/clock.h"
#include "lib/http/date.h"
#include "lib/http/request_parser.h"
#include "lib/net/stream.h"
#include "lib/server/application.h"
#include "lib/server/limits.h"
#include "lib/server/output_batch.h"
#include "lib/server/spares.h"
#include "lib/server/statistics.h"

namespace atl::server {

class Http1Connection;

// How connections are brought to an end.
enum class Draining : uint8_t {
  No,
  Patient,  // each after its next response: what a client has sent already is answered
  Now,      // idle ones at once, the others after the response they are at
};

// The connections of one loop and what they share. Knows no loop and no socket: whoever owns it
// says when a turn ends and when to look at deadlines, so that tests are both. One thread.
class ConnectionSet {
 public:
  enum class Wake : uint8_t {
    TurnEnd,   // call end_turn() when this turn ends
    NextTurn,  // call end_turn() in a later turn, after other work had its chance
  };
  struct Hooks {
    std::function<void(Wake)> wake;
    std::function<void()> on_closed;  // a connection is gone
  };

  // `application` and `clock` outlive the set. The clock's time is fixed for a turn, if possible.
  ConnectionSet(Application& application, const Limits& limits, const Clock& clock, Hooks hooks);
  // Cuts off what is still open; handlers hear on_abort(Shutdown).
  ~ConnectionSet();
  ConnectionSet(const ConnectionSet&) = delete;
  ConnectionSet& operator=(const ConnectionSet&) = delete;

  // Serves HTTP/1.1 on it.
  void adopt(std::unique_ptr<net::Stream> stream);

  // Carries out what connections left for the end of the turn, and frees the dead.
  void end_turn();

  // Looks for connections whose deadline has passed. Every sweep_interval() or so.
  void sweep(MonoTime now);
  std::chrono::milliseconds sweep_interval() const;

  void set_draining(Draining how);

  // Cuts off every connection; handlers hear on_abort(Shutdown).
  void abort_all();

  const Statistics& statistics() const { return statistics_; }

 private:
  friend class Http1Connection;

  // In an array of their own, so that a sweep over many connections touches little memory.
  struct Slot {
    MonoTime deadline;
    std::unique_ptr<Http1Connection> connection;
  };

  // ---- For connections ----
  void set_deadline(const Http1Connection& connection, MonoTime deadline);
  void run_at_turn_end(Http1Connection& connection);
  void run_next_turn(Http1Connection& connection);
  // The connection is over: it is freed at the end of the turn.
  void bury(Http1Connection& connection);
  // Freed at the end of the turn: it may be on the stack now.
  void retire(std::unique_ptr<Handler> handler);
  std::unique_ptr<http::RequestParser> take_parser();
  std::unique_ptr<OutputBatch> take_batch();

  void ask(Wake when);
  static void forget(std::vector<Http1Connection*>& list, const Http1Connection& connection);

  Application& application_;
  const Limits limits_;
  const Clock& clock_;
  const Hooks hooks_;
  Statistics statistics_;
  http::DateLine date_;
  Draining draining_ = Draining::No;

  std::vector<Slot> slots_;
  Spares<http::RequestParser> parsers_;
  Spares<OutputBatch> batches_;

  bool turn_end_asked_ = false;
  std::vector<Http1Connection*> now_;      // want their turn end in this turn
  std::vector<Http1Connection*> later_;    // in the next
  std::vector<Http1Connection*> running_;  // are having it
  std::vector<std::unique_ptr<Http1Connection>> buried_;
  std::vector<std::unique_ptr<Handler>> retired_;
};

}  // namespace atl::server
