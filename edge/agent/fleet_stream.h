#pragma once

#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "lib/net/loop.h"
#include "lib/trust/credentials.h"
#include "proto/control.grpc.pb.h"

// The gRPC half of the agent. gRPC's threads bring what happened to the loop and touch nothing
// else.

namespace atl::edge {

// Hears of one stream. Loop thread.
class FleetStreamReader {
 public:
  virtual ~FleetStreamReader() = default;
  virtual void on_message(uint64_t stream, v1::ControlMessage& message) = 0;
  // Nothing follows. `why` is for people.
  virtual void on_closed(uint64_t stream, const std::string& why) = 0;
};

class FleetStream;

// Where gRPC's threads find the loop, as long as there is somebody to hear them.
class FleetGate : public std::enable_shared_from_this<FleetGate> {
 public:
  FleetGate(net::Loop& loop, FleetStreamReader& reader) : loop_(&loop), reader_(&reader) {}

  // Any thread; after close() without effect.
  void post(std::move_only_function<void(FleetStreamReader&)> event);
  // Loop thread: the reader hears nothing any more.
  void close();

  void stream_began();
  // gRPC is done with the stream, which is freed on the loop's thread: with it dies its channel,
  // and the last channel of a process joins gRPC's threads, which gRPC 1.51 survives on none of
  // them.
  void stream_done(std::shared_ptr<FleetStream> stream, uint64_t id, std::string why);
  // Loop thread, after close(). Until every stream is done and freed; two seconds at most.
  void wait_for_streams();

 private:
  struct Ended {
    std::shared_ptr<FleetStream> stream;
    uint64_t id;
    std::string why;
  };
  void report_ended();

  std::mutex mutex_;
  std::vector<Ended> ended_;
  std::condition_variable done_;
  net::Loop* loop_;
  FleetStreamReader* reader_;
  int streams_ = 0;
};

class FleetStream final : public grpc::ClientBidiReactor<v1::NodeMessage, v1::ControlMessage>,
                          public std::enable_shared_from_this<FleetStream> {
 public:
  // Dials `endpoint` on a connection of its own; over mutual TLS with `credentials`, unless they
  // are null. Ends with exactly one on_closed().
  static std::shared_ptr<FleetStream> start(const std::string& endpoint,
                                            const trust::Credentials* credentials, uint64_t id,
                                            std::shared_ptr<FleetGate> gate);

  // Loop thread. Dropped once the stream has ended.
  void send(v1::NodeMessage message);
  void cancel();  // the reader still hears on_closed()
  // Messages that were sent but not yet taken by the connection.
  size_t unsent();

 private:
  FleetStream(std::unique_ptr<v1::Fleet::Stub> stub, bool secured, uint64_t id,
              std::shared_ptr<FleetGate> gate);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

  void read_next();
  void end();

  const uint64_t id_;
  const bool secured_;  // over mutual TLS
  const std::shared_ptr<FleetGate> gate_;
  const std::unique_ptr<v1::Fleet::Stub> stub_;
  grpc::ClientContext context_;
  v1::ControlMessage incoming_;  // the loop's between OnReadDone and read_next()

  std::mutex mutex_;
  std::deque<v1::NodeMessage> unsent_;  // the first is being written if `writing_`
  bool writing_ = false;
  bool ended_ = false;
  std::shared_ptr<FleetStream> self_;
};

}  // namespace atl::edge
