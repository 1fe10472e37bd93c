#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/net/loop.h"
#include "lib/rpc/contract.h"
#include "lib/rpc/http2_link.h"
#include "lib/rpc/message_reader.h"

// The client's gRPC streams, on the loop that asks (docs/adr/0016). What happens to them is an
// event, and events are told at the end of the turn: whoever hears one may do anything, destroying
// streams included, without being inside a session's call. Nothing here knows an exchange.

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

// Where streams leave what happened until the turn ends.
class Inbox : public std::enable_shared_from_this<Inbox> {
 public:
  class Reader {
   public:
    virtual ~Reader() = default;
    virtual void on_event(Event& event) = 0;
  };

  Inbox(net::Loop& loop, Reader& reader) : loop_(loop), reader_(&reader) {}

  void push(Event event);
  // The reader hears nothing more.
  void close() { reader_ = nullptr; }

 private:
  void drain();

  net::Loop& loop_;
  Reader* reader_;  // null after close()
  std::vector<Event> events_;
  std::vector<Event> draining_;
  bool posted_ = false;
};

// Messages that wait to be sent on a stream, with their prefixes.
class Outbox {
 public:
  // `mark` is what sent() says once the message's first byte left.
  template <class Message>
  void add(const Message& message, uint64_t mark) {
    std::string& bytes = messages_.emplace_back(Out{std::string(kPrefix, '\0'), mark}).bytes;
    message.AppendToString(&bytes);
    write_prefix(bytes);
  }
  size_t fill(std::span<uint8_t> out);
  bool empty() const { return messages_.empty(); }
  uint64_t sent() const { return sent_; }

 private:
  static constexpr size_t kPrefix = 5;
  static void write_prefix(std::string& bytes);

  struct Out {
    std::string bytes;
    uint64_t mark;
  };
  std::deque<Out> messages_;
  size_t at_ = 0;  // in the first message
  uint64_t sent_ = 0;
};

// Multiplex. MuxClosed is its last event, and comes also when the link takes no call.
class MuxStream final : public Http2Stream {
 public:
  MuxStream(std::shared_ptr<Http2Link> link, uint64_t id, std::shared_ptr<Inbox> inbox);
  ~MuxStream() override;  // cancels

  // `last_id`: greatest exchange id opened in `batch`, 0 for none.
  void send(const v1::MultiplexRequest& batch, uint64_t last_id);
  // Gives the stream up, because of `detail`.
  void give_up(std::string detail);

 private:
  void on_data(std::string_view bytes) override;
  size_t fill(std::span<uint8_t> out, bool* end) override;
  void on_close(std::string detail) override;

  const std::shared_ptr<Http2Link> link_;
  const uint64_t id_;
  const std::shared_ptr<Inbox> inbox_;
  MessageReader reader_{kMaxMessage};
  Outbox outbox_;
  int32_t call_ = -1;
  bool closed_ = false;
};

// Exchange. One read and one write may be asked for at a time.
class ExchangeStream final : public Http2Stream {
 public:
  ExchangeStream(std::shared_ptr<Http2Link> link, uint64_t id, std::shared_ptr<Inbox> inbox);
  ~ExchangeStream() override;  // the stream goes to its end without us, unless abandoned

  void read();  // one StreamMessage follows
  // One StreamWritten follows. `last`: the request is complete with it.
  void write(const v1::ExchangeRequest& message, bool last);
  // Tells the origin that the exchange is no longer wanted; no events follow.
  void abandon();

 private:
  void on_data(std::string_view bytes) override;
  size_t fill(std::span<uint8_t> out, bool* end) override;
  void on_close(std::string detail) override;
  void give_message();
  void consume();
  void refuse(const char* problem);
  void closed(std::string detail);

  const std::shared_ptr<Http2Link> link_;
  const uint64_t id_;
  const std::shared_ptr<Inbox> inbox_;
  MessageReader reader_{kMaxMessage};
  size_t owed_ = 0;  // bytes received and not yet consumed
  Outbox outbox_;
  int32_t call_ = -1;
  bool reading_ = false;
  bool last_written_ = false;
  bool refused_ = false;  // what came is not gRPC: nothing of it is given any more
  bool closed_ = false;   // the origin's end, or the link's
  std::string detail_;    // why, until it is told
};

// Multiplex has a connection of its own with a wide window; on the one that carries Exchange
// streams the window is what a paused reader can leave behind.
enum class Carries : uint8_t { Multiplex, Bodies };

// `to`: its window is filled in.
std::shared_ptr<Http2Link> connect(net::Loop& loop, Http2Link::Options to, Carries carries);

}  // namespace atl::rpc::client
