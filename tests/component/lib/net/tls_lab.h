#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.h"
#include "lib/net/tls/tls_acceptor.h"
#include "lib/net/tls/tls_context.h"
#include "tests/component/server/harness.h"
#include "tests/support/memory_stream.h"
#include "tests/support/scratch_directory.h"
#include "tests/support/tls_peer.h"

namespace atl::net::testing {

using atl::testing::CertificateSpec;
using atl::testing::CertificateText;
using atl::testing::MemoryPeer;
using atl::testing::TlsPeer;

// Certificate files in a directory that goes away.
class CertificateFolder {
 public:
  // NAME.pem and NAME.key.
  CertificateFiles add(const std::string& name, const CertificateText& text);
  CertificateFiles add(const std::string& name, const CertificateSpec& spec = {});
  std::string write(const std::string& name, const std::string& bytes);
  std::string path(const std::string& name) const { return directory_.file(name); }

 private:
  ScratchDirectory directory_;
};

std::shared_ptr<const TlsContext> context_of(const std::vector<CertificateFiles>& files,
                                             std::shared_ptr<TicketKeys> tickets);

// The HTTP server of tests/component/server behind an acceptor, with streams in memory.
class TlsLab {
 public:
  explicit TlsLab(std::shared_ptr<const TlsContext> context);
  TlsLab() : TlsLab(nullptr) {}

  MemoryPeer& connect();
  void settle();
  void advance(std::chrono::milliseconds time);
  // Lets bytes pass both ways, `split` at a time (0: all at once), until nobody says anything.
  void talk(TlsPeer& client, MemoryPeer& wire, size_t split = 0);

  ManualClock clock;
  CertificateFolder folder;
  std::shared_ptr<TicketKeys> tickets = std::make_shared<TicketKeys>();

 private:
  bool woken_ = false;
  std::vector<std::unique_ptr<MemoryPeer>> wires_;
  std::vector<std::pair<const MemoryPeer*, size_t>> heard_;

 public:
  TlsAcceptor acceptor;
  server::testing::ServerHarness server;

 private:
  size_t& heard_of(const MemoryPeer& wire);
};

}  // namespace atl::net::testing
