#include "lib/net/tls/tls_sessions.h"

#include <openssl/bio.h>

#include "lib/net/tls/tls_bio.h"

namespace atl::net {

void TlsSessions::Free::operator()(bio_method_st* method) const { BIO_meth_free(method); }

TlsSessions::TlsSessions() : bio_method_(make_tls_bio_method()) {}

TlsSessions::~TlsSessions() = default;

}  // namespace atl::net
