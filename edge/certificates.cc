#include "edge/certificates.h"

namespace atl::edge {

Certificates::Certificates(net::Loop& loop, const Clock& clock)
    : clock_(clock),
      tickets_(std::make_shared<net::TicketKeys>()),
      rotation_(loop, [this] { tickets_->rotate(); }) {
  rotation_.start_periodic(net::TicketKeys::kTerm);
}

std::expected<std::shared_ptr<const net::TlsContext>, std::vector<std::string>> Certificates::load(
    const std::vector<net::CertificateFiles>& files) const {
  return net::TlsContext::load(files, tickets_, clock_.wall());
}

}  // namespace atl::edge
