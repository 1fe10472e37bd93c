#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "lib/rpc/exchange_handler.h"
#include "lib/trust/credentials.h"
#include "lib/trust/guard.h"

// The origin's side of atl.v1.Origin. Free of gRPC, like exchange_client.h.

namespace atl::rpc {

// Mutual TLS: only programs with a certificate of the same authority are answered.
struct ServerTrust {
  trust::CredentialFiles files;  // read again as they are renewed
  std::shared_ptr<const trust::Guard> guard;
  trust::Kinds callers;
};

struct ServerOptions {
  std::string listen = "127.0.0.1:7400";  // "host:port", port 0: any; or "unix:/path"
  std::string version = "0.1.0";          // told by Describe

  // Bounds. What an exchange may hold in memory is about 64 KiB while it is collected for Multiplex
  // and 512 KiB on a stream of its own.
  uint32_t open_per_stream = 4096;  // exchanges on one Multiplex stream; more are Overloaded
  uint32_t exchanges = 16384;       // of the whole process; more are Overloaded
  uint32_t tickets = 1024;          // responses waiting behind one; more are Overloaded
  uint32_t streams = 4096;          // RPCs on one connection; more wait in the client

  std::chrono::milliseconds ticket_life{10'000};
  // How long a small or unsized body may take to complete before it moves to a stream of its own.
  std::chrono::milliseconds collect_time{20};
  // When the request names none; 0: none.
  std::chrono::milliseconds head_timeout{30'000};
  std::chrono::milliseconds timeout{0};

  std::optional<ServerTrust> trust = {};  // empty: plain, and anybody is answered
};

class ExchangeServer {
 public:
  // Listens and serves on gRPC's threads. The error is a sentence for people.
  static std::expected<std::unique_ptr<ExchangeServer>, std::string> start(
      ServerOptions options, ExchangeService& service);
  virtual ~ExchangeServer() = default;  // cancels what is in progress

  virtual uint16_t port() const = 0;  // 0 for a unix socket
  // The guard knows more: calls of those who were revoked end. Any thread.
  virtual void recheck() = 0;
  // Stops accepting, lets exchanges in progress end for up to `grace`, cancels the rest. Blocks.
  virtual void stop(std::chrono::milliseconds grace) = 0;
};

}  // namespace atl::rpc
