#include "lib/net/tls/tls_acceptor.h"

#include <utility>

namespace atl::net {

TlsAcceptor::TlsAcceptor(std::shared_ptr<const TlsContext> context,
                         std::chrono::milliseconds handshake_time, const Clock& clock, Hooks hooks)
    : context_(std::move(context)),
      handshake_time_(handshake_time),
      clock_(clock),
      hooks_(std::move(hooks)) {}

void TlsAcceptor::accept(std::unique_ptr<Stream> transport) {
  begin(std::make_unique<TlsStream>(*this, std::move(transport), context_),
        clock_.mono() + handshake_time_);
}

}  // namespace atl::net
