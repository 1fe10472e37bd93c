// What TLS costs a hit, without sockets: decrypting a request and encrypting an answer of 1 KiB,
// in the server alone (the client's part is not timed). Two ways for OpenSSL to reach the bytes are
// compared, with and without giving its record buffers back (docs/adr/0012).

#include <benchmark/benchmark.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>

#include "lib/base/clock.h"
#include "lib/net/tls/tls_acceptor.h"
#include "tests/support/memory_stream.h"
#include "tests/support/scratch_directory.h"
#include "tests/support/tls_peer.h"

namespace atl::net {
namespace {

using atl::testing::MemoryPeer;
using atl::testing::TlsPeer;
using SteadyClock = std::chrono::steady_clock;

const std::string kRequest =
    "GET /object/1?size=1024 HTTP/1.1\r\nHost: 127.0.0.1:8443\r\nAccept: */*\r\n\r\n";
const std::string kHead(180, 'h');
const std::string kBody(1024, 'b');

std::shared_ptr<const TlsContext> make_context() {
  const ScratchDirectory directory;
  const auto text = atl::testing::make_certificate();
  directory.write("a.pem", text.certificate);
  directory.write("a.key", text.key);
  return *TlsContext::load({{directory.file("a.pem"), directory.file("a.key"), {}, {}}},
                           std::make_shared<TicketKeys>(), SystemClock().wall());
}

// Answers each read with head and body in one write, as a cache does.
class Answerer final : public Stream::Reader {
 public:
  explicit Answerer(std::unique_ptr<Stream> stream) : stream_(std::move(stream)) {
    stream_->set_reader(this);
    stream_->start_reading();
  }
  void on_read(Bytes) override {
    const Bytes pieces[] = {kHead, kBody};
    benchmark::DoNotOptimize(stream_->try_write(pieces));
  }
  void on_end() override {}
  void on_error(Error) override {}
  void on_drained() override {}

 private:
  std::unique_ptr<Stream> stream_;
};

void custom_bio(benchmark::State& state) {
  ManualClock clock;
  std::unique_ptr<Answerer> answerer;
  TlsAcceptor acceptor(make_context(), std::chrono::seconds{10}, clock,
                       {.on_ready =
                            [&](std::unique_ptr<Stream> stream) {
                              answerer = std::make_unique<Answerer>(std::move(stream));
                            },
                        .on_failed = [] {},
                        .wake = [] {}});
  MemoryPeer wire;
  TlsPeer client({.version = 3, .protocols = {}});
  acceptor.accept(wire.stream());
  size_t heard = 0;
  for (int i = 0; i < 3; ++i) {
    client.hear(std::string(wire.received().substr(heard)));
    heard = wire.received().size();
    wire.send(client.take_output());
  }
  wire.discard_output();
  for (auto _ : state) {
    client.say(kRequest);
    const std::string request = client.take_output();
    const auto begun = SteadyClock::now();
    wire.send(request);
    state.SetIterationTime(std::chrono::duration<double>(SteadyClock::now() - begun).count());
  }
}

void memory_bio(benchmark::State& state) {
  const auto context = make_context();
  TlsPeer client({.version = 3, .protocols = {}});
  const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(context->make_ssl(), SSL_free);
  if (state.range(0) == 0) SSL_clear_mode(ssl.get(), SSL_MODE_RELEASE_BUFFERS);
  BIO* in = BIO_new(BIO_s_mem());
  BIO* out = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl.get(), in, out);
  std::string wire(64 * 1024, '\0');
  for (int i = 0; i < 4; ++i) {
    const int size = std::max(0, BIO_read(out, wire.data(), static_cast<int>(wire.size())));
    client.hear(std::string_view(wire).substr(0, static_cast<size_t>(size)));
    const std::string said = client.take_output();
    BIO_write(in, said.data(), static_cast<int>(said.size()));
    SSL_accept(ssl.get());
  }
  std::string plain(16 * 1024, '\0');
  std::string answer;
  for (auto _ : state) {
    client.say(kRequest);
    const std::string request = client.take_output();
    const auto begun = SteadyClock::now();
    BIO_write(in, request.data(), static_cast<int>(request.size()));
    size_t count = 0;
    SSL_read_ex(ssl.get(), plain.data(), plain.size(), &count);
    answer.assign(kHead).append(kBody);
    SSL_write_ex(ssl.get(), answer.data(), answer.size(), &count);
    benchmark::DoNotOptimize(BIO_read(out, wire.data(), static_cast<int>(wire.size())));
    state.SetIterationTime(std::chrono::duration<double>(SteadyClock::now() - begun).count());
  }
}

BENCHMARK(custom_bio)->UseManualTime();
BENCHMARK(memory_bio)->UseManualTime()->ArgName("release_buffers")->Arg(0)->Arg(1);

}  // namespace
}  // namespace atl::net

BENCHMARK_MAIN();
