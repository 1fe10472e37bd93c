#pragma once

#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "lib/net/loop.h"
#include "proto/origin.grpc.pb.h"

// The client's gRPC streams. gRPC calls them on threads of its own; they put what happened into an
// Inbox, which wakes the loop once for everything that has come in. Nothing here knows an exchange.

namespace atl::rpc::client {

struct MuxMessage {
  uint64_t stream;
  std::unique_ptr<v1::MultiplexResponse> message;
};
struct MuxClosed {
  uint64_t stream;
  uint64_t last_sent;  // greatest exchange id that was handed to the wire; 0: none
  std::string detail;
};
struct StreamMessage {
  uint64_t stream;
  std::unique_ptr<v1::ExchangeResponse> message;  // null: there is nothing more to read
};
struct StreamWritten {
  uint64_t stream;
  bool ok;
};
struct StreamClosed {
  uint64_t stream;
  std::string detail;
};
using Event = std::variant<MuxMessage, MuxClosed, StreamMessage, StreamWritten, StreamClosed>;

// Where gRPC's threads leave events for one loop.
//
// Streams that gRPC is done with are left here, too, and die on the loop's thread: with the last of
// them a channel dies, and with the last channel gRPC joins its callback threads, which none of
// those can do itself.
class Inbox : public std::enable_shared_from_this<Inbox> {
 public:
  class Reader {
   public:
    virtual ~Reader() = default;
    virtual void on_event(Event& event) = 0;  // loop thread
  };

  Inbox(net::Loop& loop, Reader& reader) : loop_(&loop), reader_(&reader) {}

  void push(Event event);  // any thread
  void stream_began();     // any thread
  // `last` is the stream's last event; from OnDone, which touches nothing of the stream afterwards.
  void stream_done(Event last, std::shared_ptr<void> stream);

  // Loop thread. After it neither loop nor reader is touched again. Waits until gRPC has let go of
  // every stream, which the caller has cancelled, and frees them.
  void close();

 private:
  void post_drain();  // mutex held
  void drain();

  std::mutex mutex_;
  std::condition_variable changed_;
  net::Loop* loop_;  // null after close()
  Reader* reader_;
  std::vector<Event> events_;
  std::vector<std::shared_ptr<void>> dead_;
  bool posted_ = false;
  unsigned streams_ = 0;
};

using Stub = v1::Origin::Stub;

// Multiplex. Made with start(); keeps itself alive until gRPC is done with it.
class MuxStream final
    : public grpc::ClientBidiReactor<v1::MultiplexRequest, v1::MultiplexResponse> {
 public:
  static std::shared_ptr<MuxStream> start(std::shared_ptr<Stub> stub, uint64_t id,
                                          std::shared_ptr<Inbox> inbox);

  // Loop thread. `last_id`: greatest exchange id opened in `batch`, 0 for none. One write is in
  // flight at a time; what comes meanwhile waits here.
  void send(std::unique_ptr<v1::MultiplexRequest> batch, uint64_t last_id);
  // Loop thread. A message given out has been dealt with; reading is held while too many have not.
  void message_done();
  // Any thread.
  void cancel() { context_.TryCancel(); }

 private:
  struct Batch {
    std::unique_ptr<v1::MultiplexRequest> message;
    uint64_t last_id;
  };

  MuxStream(std::shared_ptr<Stub> stub, uint64_t id, std::shared_ptr<Inbox> inbox);
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;
  void write_next();  // mutex held
  void close();       // no operation begins after this; releases the hold once

  const std::shared_ptr<Stub> stub_;  // outlives the call
  const uint64_t id_;
  const std::shared_ptr<Inbox> inbox_;
  grpc::ClientContext context_;
  std::unique_ptr<v1::MultiplexResponse> incoming_;

  std::mutex mutex_;
  std::deque<Batch> batches_;  // the first is being written while writing_
  bool writing_ = false;
  bool closed_ = false;
  bool read_held_ = false;
  int unread_ = 0;  // messages given out and not dealt with
  uint64_t last_sent_ = 0;
  std::shared_ptr<MuxStream> self_;  // until OnDone
};

// Exchange. Every method is for the loop thread; one read and one write may be in flight.
class ExchangeStream final
    : public grpc::ClientBidiReactor<v1::ExchangeRequest, v1::ExchangeResponse> {
 public:
  static std::shared_ptr<ExchangeStream> start(std::shared_ptr<Stub> stub, uint64_t id,
                                               std::shared_ptr<Inbox> inbox);

  void read();  // one StreamMessage follows
  // One StreamWritten follows. `last`: the request is complete with it.
  void write(v1::ExchangeRequest message, bool last);
  // No operation begins after this; StreamClosed follows when those in flight have ended.
  void release();
  // Also tells the origin.
  void abandon();

 private:
  ExchangeStream(std::shared_ptr<Stub> stub, uint64_t id, std::shared_ptr<Inbox> inbox);
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

  const std::shared_ptr<Stub> stub_;
  const uint64_t id_;
  const std::shared_ptr<Inbox> inbox_;
  grpc::ClientContext context_;
  std::unique_ptr<v1::ExchangeResponse> incoming_;
  v1::ExchangeRequest outgoing_;
  bool released_ = false;
  std::shared_ptr<ExchangeStream> self_;
};

// Multiplex has a connection of its own, whose window grows with the path's bandwidth-delay
// product; on the one that carries Exchange streams the window is what a paused reader can leave
// behind.
enum class Carries : uint8_t { Multiplex, Bodies };

// A fresh connection: what an earlier one learned about back-off is not kept.
std::shared_ptr<Stub> connect(const std::string& endpoint, Carries carries);

}  // namespace atl::rpc::client
