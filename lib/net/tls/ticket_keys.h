#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace atl::net {

// The keys that session tickets are sealed with (RFC 5077 section 4, RFC 8446 section 4.6.1).
// Shared by all workers of a process, so that a client may come back to any of them; kept over a
// change of certificates. They are made here, live in memory only and die with the process. Any
// thread.
class TicketKeys {
 public:
  // A key seals tickets for one term and opens them for two more, so a ticket is good for
  // kTicketLife whenever in its term it was made.
  static constexpr std::chrono::hours kTerm{4};
  static constexpr std::chrono::hours kTicketLife{8};

  struct Key {
    Key();  // random
    ~Key();
    Key(const Key&) = default;
    Key& operator=(const Key&) = default;
    std::array<unsigned char, 16> name;
    std::array<unsigned char, 32> cipher;  // AES-256-CBC
    std::array<unsigned char, 32> mac;     // HMAC-SHA-256
  };
  struct Found {
    Key key;
    bool current;  // false: the client should be given a new ticket
  };

  TicketKeys() : keys_(1) {}

  // Begins a new term. Every kTerm.
  void rotate();

  Key current() const;
  // Nullopt: unknown or too old, so the client shakes hands in full.
  std::optional<Found> find(std::span<const unsigned char, 16> name) const;

 private:
  static constexpr size_t kKept = 3;

  mutable std::mutex mutex_;
  std::vector<Key> keys_;  // the newest first
};

}  // namespace atl::net
