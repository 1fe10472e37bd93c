#include "tests/component/lib/net/tls_lab.h"

#include <algorithm>
#include <utility>

#include "lib/base/check.h"

namespace atl::net::testing {

CertificateFiles CertificateFolder::add(const std::string& name, const CertificateText& text) {
  return {.certificate = write(name + ".pem", text.certificate),
          .key = write(name + ".key", text.key),
          .names = {},
          .ocsp = {}};
}

CertificateFiles CertificateFolder::add(const std::string& name, const CertificateSpec& spec) {
  return add(name, atl::testing::make_certificate(spec));
}

std::string CertificateFolder::write(const std::string& name, const std::string& bytes) {
  directory_.write(name, bytes);
  return directory_.file(name);
}

std::shared_ptr<const TlsContext> context_of(const std::vector<CertificateFiles>& files,
                                             std::shared_ptr<TicketKeys> tickets) {
  auto context = TlsContext::load(files, std::move(tickets), SystemClock().wall());
  ATOLL_CHECK(context);
  return *context;
}

TlsLab::TlsLab(std::shared_ptr<const TlsContext> context)
    : acceptor(context != nullptr ? std::move(context) : context_of({folder.add("site")}, tickets),
               std::chrono::seconds{10}, clock,
               {.on_ready =
                    [this](std::unique_ptr<Stream> stream) { server.set.adopt(std::move(stream)); },
                .on_failed = [] {},
                .wake = [this] { woken_ = true; }}) {}

MemoryPeer& TlsLab::connect() {
  wires_.push_back(std::make_unique<MemoryPeer>());
  acceptor.accept(wires_.back()->stream());
  settle();
  return *wires_.back();
}

void TlsLab::settle() {
  do {
    server.settle();
    if (std::exchange(woken_, false)) acceptor.end_turn();
    for (const auto& wire : wires_) wire->poll();
    server.settle();
  } while (woken_);
}

void TlsLab::advance(std::chrono::milliseconds time) {
  clock.advance(time);
  acceptor.sweep(clock.mono());
  server.advance(time);
  settle();
}

size_t& TlsLab::heard_of(const MemoryPeer& wire) {
  const auto found = std::ranges::find(heard_, &wire, &std::pair<const MemoryPeer*, size_t>::first);
  if (found != heard_.end()) return found->second;
  return heard_.emplace_back(&wire, 0).second;
}

void TlsLab::talk(TlsPeer& client, MemoryPeer& wire, size_t split) {
  const auto in_pieces = [split](std::string_view bytes, const auto& each) {
    while (!bytes.empty()) {
      const std::string_view piece = bytes.substr(0, split == 0 ? bytes.size() : split);
      bytes.remove_prefix(piece.size());
      each(piece);
    }
  };
  client.hear({});
  for (int round = 0; round < 1000; ++round) {
    const std::string out = client.take_output();
    in_pieces(out, [&](std::string_view piece) {
      wire.send(piece);
      settle();
    });
    settle();
    size_t& heard = heard_of(wire);
    const std::string in = wire.received().substr(heard);
    heard += in.size();
    in_pieces(in, [&](std::string_view piece) { client.hear(piece); });
    if (out.empty() && in.empty()) return;
  }
}

}  // namespace atl::net::testing
