#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "edge/config.h"
#include "lib/base/clock.h"
#include "lib/net/loop.h"
#include "lib/net/tls/tls_context.h"

namespace atl::edge {

// Where a node's TLS context comes from: the certificate files, and ticket keys that live as long
// as the process whatever becomes of the files. Control loop's thread.
class Certificates {
 public:
  // `clock` outlives it.
  Certificates(net::Loop& loop, const Clock& clock);

  // Reads the files. Problems name them; nothing is changed then. Blocks.
  std::expected<std::shared_ptr<const net::TlsContext>, std::vector<std::string>> load(
      const std::vector<net::CertificateFiles>& files) const;

 private:
  const Clock& clock_;
  std::shared_ptr<net::TicketKeys> tickets_;
  net::Timer rotation_;
};

}  // namespace atl::edge
