#include "lib/net/tls/ticket_keys.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>

#include "lib/base/check.h"

namespace atl::net {

TicketKeys::Key::Key() {
  ATOLL_CHECK(RAND_bytes(name.data(), name.size()) == 1);
  ATOLL_CHECK(RAND_priv_bytes(cipher.data(), cipher.size()) == 1);
  ATOLL_CHECK(RAND_priv_bytes(mac.data(), mac.size()) == 1);
}

TicketKeys::Key::~Key() {
  OPENSSL_cleanse(cipher.data(), cipher.size());
  OPENSSL_cleanse(mac.data(), mac.size());
}

void TicketKeys::rotate() {
  const std::lock_guard lock(mutex_);
  keys_.emplace(keys_.begin());
  if (keys_.size() > kKept) keys_.pop_back();
}

TicketKeys::Key TicketKeys::current() const {
  const std::lock_guard lock(mutex_);
  return keys_.front();
}

std::optional<TicketKeys::Found> TicketKeys::find(std::span<const unsigned char, 16> name) const {
  const std::lock_guard lock(mutex_);
  for (size_t i = 0; i < keys_.size(); ++i) {
    if (std::ranges::equal(keys_[i].name, name)) return Found{keys_[i], i == 0};
  }
  return std::nullopt;
}

}  // namespace atl::net
