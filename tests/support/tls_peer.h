#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct ssl_st;
struct ssl_ctx_st;
struct ssl_session_st;

namespace atl::testing {

struct CertificateSpec {
  std::vector<std::string> names = {"localhost"};
  std::chrono::seconds from{-3600};  // before and after now
  std::chrono::seconds until{3600};
};
struct CertificateText {
  std::string certificate;  // PEM
  std::string key;
};
// A self-signed certificate for a new P-256 key.
CertificateText make_certificate(const CertificateSpec& spec = {});
// DER of a response for the certificate, which its own key signs.
std::string make_ocsp_response(const CertificateText& subject, bool good = true,
                               std::chrono::seconds until = std::chrono::seconds{3600});

// A TLS client without a socket: bytes of the server go in, bytes for it come out.
class TlsPeer {
 public:
  struct Options {
    std::string server_name = "localhost";  // empty: none is sent
    int version = 0;                        // 0: both; 2 or 3: only TLS 1.2 or 1.3
    std::vector<std::string> protocols;     // ALPN
    std::string ciphers = {};               // of TLS 1.2
    bool wants_staple = false;
  };
  TlsPeer() : TlsPeer(Options{}) {}
  explicit TlsPeer(const Options& options);
  ~TlsPeer();
  TlsPeer(const TlsPeer&) = delete;
  TlsPeer& operator=(const TlsPeer&) = delete;

  // Goes back to a session of an earlier connection.
  void resume(const TlsPeer& earlier);

  // Takes what the server sent and goes on: with the handshake, then reading.
  void hear(std::string_view bytes);
  // What is to be sent to the server; the caller's now.
  std::string take_output();

  void say(std::string_view plain);  // after the handshake
  void say_goodbye();                // close_notify
  void update_key();                 // TLS 1.3; asks the server to do the same
  bool try_renegotiation();          // TLS 1.2; whether this side could begin

  bool connected() const;
  bool failed() const { return failed_; }
  bool heard_goodbye() const { return heard_goodbye_; }
  const std::string& received() const { return received_; }
  bool resumed() const;
  int version() const;  // 2 or 3
  std::string cipher() const;
  std::string protocol() const;  // ALPN
  std::string staple() const;
  bool server_is(const std::string& name) const;  // its certificate covers the name
  // Application records that `received()` came in.
  size_t records() const { return records_; }

 private:
  static int on_session(ssl_st* ssl, ssl_session_st* session);
  ssl_ctx_st* context_;
  ssl_st* ssl_;
  ssl_session_st* session_ = nullptr;
  std::string received_;
  size_t records_ = 0;
  bool failed_ = false;
  bool heard_goodbye_ = false;
};

}  // namespace atl::testing
