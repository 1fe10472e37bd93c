#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace atl::rpc {

class ServerExchange;

// Responses that wait behind a ticket: 128 random bits, good once. Any thread.
class TicketOffice {
 public:
  explicit TicketOffice(size_t limit) : limit_(limit) {}

  // A ticket for `exchange`; empty when there are too many, or no randomness.
  std::string issue(std::shared_ptr<ServerExchange> exchange);
  // What waits behind `ticket`, which is worth nothing afterwards; null: nothing.
  std::shared_ptr<ServerExchange> redeem(const std::string& ticket);
  // Gives up and cancels all of them.
  void close();

 private:
  const size_t limit_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<ServerExchange>> waiting_;
};

}  // namespace atl::rpc
