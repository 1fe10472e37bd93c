#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "lib/net/tls/tls_sessions.h"

struct ssl_ctx_st;

namespace atl::net {

// The client's end of mutual TLS: what this program shows, and by what it knows the other. TLS 1.3
// only, with ALPN for one protocol; no resumption, so that every connection shows its certificate
// anew. The other end's certificate must be signed by the authority and be valid today; whose it is
// is for the caller to look at, in TlsStream::other_certificate(). Immutable: a renewed certificate
// is another context, and connections keep the one they began with. Any thread.
class TlsClientContext final : public TlsSessions {
 public:
  // All PEM. The error is a sentence without an end.
  struct Texts {
    std::string_view key;        // not encrypted
    std::string_view chain;      // one's own certificate, then what leads to the authority
    std::string_view authority;  // the only one that is believed
  };
  static std::expected<std::shared_ptr<const TlsClientContext>, const char*> make(
      const Texts& texts, const std::string& protocol);
  ~TlsClientContext() override;

  ssl_st* make_ssl() const override;
  Side other_end() const override { return Side::Upstream; }

  // Whether the protocol of `ssl`, after the handshake, is the one that was asked for.
  bool agreed(const ssl_st* ssl) const;

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  TlsClientContext();

  std::unique_ptr<ssl_ctx_st, Free> context_;
  std::string protocol_;
};

}  // namespace atl::net
