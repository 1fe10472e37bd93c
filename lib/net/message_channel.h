#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/error.h"
#include "lib/net/descriptor.h"
#include "lib/net/loop.h"

namespace atl::net {

// Messages, each with an open file or none, between two processes of one user on one machine: a
// Unix socket that keeps boundaries (SOCK_SEQPACKET) and passes descriptors (SCM_RIGHTS). Whoever
// is not the same user is turned away (SO_PEERCRED), whatever the socket file's mode. Loop thread.
class MessageChannel {
 public:
  static constexpr size_t kLongest = 64 * 1024;  // bytes of a message's text

  struct Message {
    std::string text;  // never empty
    Descriptor descriptor;
  };
  using OnMessage = std::function<void(Message)>;
  using OnClosed = std::function<void()>;

  // To the process that listens at the path. NotFound: nobody does. Refused: another user's does.
  static Result<std::unique_ptr<MessageChannel>> connect(Loop& loop, const std::string& path);
  ~MessageChannel();  // closes; no callback after this
  MessageChannel(const MessageChannel&) = delete;
  MessageChannel& operator=(const MessageChannel&) = delete;

  // The descriptor stays the caller's. False: the peer is gone, or has not read for so long that
  // the kernel's buffer is full; the channel is of no more use then.
  bool send(std::string_view text, int descriptor = -1);

  // Waits for the next message, blocking the loop: for a process that is only starting. Timeout;
  // Closed: the peer is gone, or sent what is no message. Before start().
  Result<Message> receive(std::chrono::milliseconds limit);

  // From now on messages come by callback, which may destroy the channel; `on_closed` is the last.
  void start(OnMessage on_message, OnClosed on_closed);

 private:
  friend class MessageListener;
  struct Node;
  MessageChannel(Loop& loop, Descriptor socket);
  static void drain(Node* node);

  Node* node_;
  OnMessage on_message_;
  OnClosed on_closed_;
};

// Where others connect to. Loop thread.
class MessageListener {
 public:
  using OnChannel = std::function<void(std::unique_ptr<MessageChannel>)>;

  // Takes the path over, whatever was there. Invalid: too long for a socket's name (107 bytes); Io.
  static Result<std::unique_ptr<MessageListener>> listen(Loop& loop, const std::string& path,
                                                         OnChannel on_channel);
  ~MessageListener();  // leaves the file: by now it may be another process's
  MessageListener(const MessageListener&) = delete;
  MessageListener& operator=(const MessageListener&) = delete;

 private:
  struct Node;
  MessageListener(Loop& loop, Descriptor socket, OnChannel on_channel);

  Loop& loop_;
  Node* node_;
  OnChannel on_channel_;
};

}  // namespace atl::net
