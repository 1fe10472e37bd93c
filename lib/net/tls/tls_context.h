#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.h"
#include "lib/net/tls/ticket_keys.h"
#include "lib/net/tls/tls_sessions.h"

struct ssl_ctx_st;

namespace atl::net {

// One certificate as an operator names it. Paths as open(2) takes them.
struct CertificateFiles {
  std::string certificate;         // PEM: the server's, then what leads to a root
  std::string key;                 // PEM, not encrypted
  std::vector<std::string> names;  // "www.example.org", "*.example.org"; empty: the certificate's
  std::string ocsp;                // DER, a response to staple; empty: none
  bool operator==(const CertificateFiles&) const = default;
};

// What TLS connections of a server have in common: certificates by name, versions, ciphers, ticket
// keys. Immutable: a change of certificates is another context, and connections keep the one they
// began with. TLS 1.3 and 1.2 only, AEAD ciphers with forward secrecy only, no renegotiation, no
// compression, no early data (RFC 8446 section 8: a replayed request is not ours to judge), no
// session cache: resumption is by tickets. Any thread.
class TlsContext final : public TlsSessions {
 public:
  // Reads and checks every file: that it parses, that key and certificate belong together, that
  // today is within its validity, that it covers the names, that the stapled response is about it.
  // All problems at once, each with its file's name. The first certificate is for clients that
  // name no host, or one that nobody has. Blocks; not for a worker's thread.
  static std::expected<std::shared_ptr<const TlsContext>, std::vector<std::string>> load(
      const std::vector<CertificateFiles>& files, std::shared_ptr<TicketKeys> tickets,
      WallTime now);
  ~TlsContext() override;

  // ---- For lib/net's own sources ----

  ssl_st* make_ssl() const override;
  Side other_end() const override { return Side::Client; }
  // The index of the certificate for a host name as a client sends it; RFC 6125 section 6.4: a
  // wildcard stands for one whole label.
  size_t choose(std::string_view host) const;
  // Switches `ssl` to that certificate.
  void use(ssl_st* ssl, size_t certificate) const;
  // DER to staple for the certificate that `ssl` uses; empty if there is none or it is outdated.
  std::string_view staple(const ssl_st* ssl) const;
  TicketKeys& tickets() const { return *tickets_; }

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  struct Certificate {
    std::unique_ptr<ssl_ctx_st, Free> context;
    std::vector<std::string> names;  // lower case
    std::string staple;
    int64_t staple_until = 0;  // Unix time in seconds
  };
  class Loader;

  explicit TlsContext(std::shared_ptr<TicketKeys> tickets);

  std::shared_ptr<TicketKeys> tickets_;
  std::vector<Certificate> certificates_;
  std::map<std::string, size_t, std::less<>> by_name_;  // a wildcard without its "*"
};

}  // namespace atl::net
