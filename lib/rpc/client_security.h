#pragma once

#include <memory>

#include "lib/net/tls/tls_client_context.h"
#include "lib/net/tls/tls_connector.h"
#include "lib/trust/guard.h"

namespace atl::rpc {

// What the connections of one client are made with, under mutual TLS.
struct ClientSecurity {
  std::shared_ptr<net::TlsConnector> connector;  // of the client's loop
  std::shared_ptr<const net::TlsClientContext> context;
  std::shared_ptr<const trust::Guard> guard;
};

}  // namespace atl::rpc
