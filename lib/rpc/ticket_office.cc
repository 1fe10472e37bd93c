#include "lib/rpc/ticket_office.h"

#include <sys/random.h>

#include <utility>

#include "lib/rpc/contract.h"
#include "lib/rpc/server_exchange.h"

namespace atl::rpc {

std::string TicketOffice::issue(std::shared_ptr<ServerExchange> exchange) {
  std::string ticket(kTicketBytes, '\0');
  if (getrandom(ticket.data(), ticket.size(), 0) != static_cast<ssize_t>(ticket.size())) return {};
  const std::lock_guard lock(mutex_);
  if (waiting_.size() >= limit_) return {};
  waiting_.emplace(ticket, std::move(exchange));
  return ticket;
}

std::shared_ptr<ServerExchange> TicketOffice::redeem(const std::string& ticket) {
  const std::lock_guard lock(mutex_);
  const auto it = waiting_.find(ticket);
  if (it == waiting_.end()) return nullptr;
  std::shared_ptr<ServerExchange> exchange = std::move(it->second);
  waiting_.erase(it);
  return exchange;
}

void TicketOffice::close() {
  std::unordered_map<std::string, std::shared_ptr<ServerExchange>> waiting;
  {
    const std::lock_guard lock(mutex_);
    waiting.swap(waiting_);
  }
  for (const auto& [_, exchange] : waiting) exchange->cancel();
}

}  // namespace atl::rpc
