#pragma once

#include <openssl/bio.h>

namespace atl::net {

class TlsStream;

// OpenSSL's way to a TlsStream's transport (docs/adr/0012): reads take from the bytes that the loop
// has just read, writes go to the transport or to the loop's output buffer. Nothing is copied into
// memory of the BIO's own. Outlives the BIOs made with it.
BIO_METHOD* make_tls_bio_method();

// A BIO for `stream`, for SSL_set_bio(). Null when memory is out.
BIO* make_tls_bio(const BIO_METHOD* method, TlsStream& stream);

}  // namespace atl::net
