#include "lib/net/tls/tls_stream.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "lib/base/check.h"
#include "lib/net/tls/certificate.h"
#include "lib/net/tls/tls_bio.h"
#include "lib/net/tls/tls_handshakes.h"

namespace atl::net {
namespace {

// A client that takes nothing is not read from either: answers to its key updates would pile up.
constexpr size_t kMostQueued = 256 * 1024;
// Batches of one connection between two turns of the loop.
constexpr size_t kBatchesATurn = 16;

constexpr const char* kBadRecord = "a broken TLS record";
constexpr const char* kNotTls = "the other end does not speak TLS";
constexpr const char* kClosed = "the connection was closed during the TLS handshake";
constexpr Error kNoRoom{Code::Exhausted, Side::Self, false, "TLS could not encrypt"};

// What OpenSSL's oldest error says, as static text. Empties its queue.
const char* take_reason(const SSL* ssl, const char* otherwise) {
  const unsigned long code = ERR_peek_error();
  ERR_clear_error();
  if (ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED) {
    return X509_verify_cert_error_string(SSL_get_verify_result(ssl));
  }
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : otherwise;
}

}  // namespace

// What is to be sent, cut into records.
class TlsStream::Source {
 public:
  explicit Source(std::span<const Bytes> pieces) : pieces_(pieces) { skip_empty(); }

  bool empty() const { return pieces_.empty(); }

  // A whole record is taken where it lies; shorter pieces are put together in `scratch`.
  Bytes next(char* scratch) {
    const Bytes front = pieces_.front().substr(offset_);
    if (front.size() >= kRecord || pieces_.size() == 1) {
      const Bytes record = front.substr(0, kRecord);
      advance(record.size());
      return record;
    }
    size_t size = 0;
    while (size < kRecord && !empty()) {
      const Bytes piece = pieces_.front().substr(offset_, kRecord - size);
      std::memcpy(scratch + size, piece.data(), piece.size());
      size += piece.size();
      advance(piece.size());
    }
    return {scratch, size};
  }

 private:
  void advance(size_t size) {
    offset_ += size;
    if (offset_ < pieces_.front().size()) return;
    pieces_ = pieces_.subspan(1);
    offset_ = 0;
    skip_empty();
  }
  void skip_empty() {
    while (!pieces_.empty() && pieces_.front().empty()) pieces_ = pieces_.subspan(1);
  }

  std::span<const Bytes> pieces_;
  size_t offset_ = 0;  // into the first
};

void TlsStream::Free::operator()(ssl_st* ssl) const { SSL_free(ssl); }

TlsStream::TlsStream(TlsHandshakes& handshakes, std::unique_ptr<Stream> transport,
                     std::shared_ptr<const TlsSessions> sessions)
    : handshakes_(handshakes),
      sessions_(std::move(sessions)),
      transport_(std::move(transport)),
      ssl_(sessions_->make_ssl()) {
  BIO* bio = make_tls_bio(sessions_->bio_method(), *this);
  ATOLL_CHECK(ssl_ != nullptr && bio != nullptr);
  SSL_set_bio(ssl_.get(), bio, bio);
  transport_->set_reader(this);
}

TlsStream::~TlsStream() {
  if (gone_ != nullptr) *gone_ = true;
  transport_->set_reader(nullptr);
  handshakes_.forget(*this);
}

// ---- The BIO ---------------------------------------------------------------------------------

size_t TlsStream::take_input(char* out, size_t size) {
  const size_t taken = input_.copy(out, size);  // there may be nothing, at no address
  input_.remove_prefix(taken);
  if (!established_) handshake_bytes_ += static_cast<uint32_t>(taken);
  return taken;
}

void TlsStream::put_output(Bytes bytes) {
  TlsHandshakes::Output& out = handshakes_.output_for(*this);
  if (last_record_) {
    const std::array<Bytes, 2> pieces = {Bytes(out.bytes.get(), std::exchange(out.used, 0)), bytes};
    return send(pieces);
  }
  if (out.used + bytes.size() > TlsHandshakes::Output::kSize) flush_output();
  ATOLL_CHECK(out.used + bytes.size() <= TlsHandshakes::Output::kSize);
  std::memcpy(out.bytes.get() + out.used, bytes.data(), bytes.size());
  out.used += bytes.size();
}

// ---- What the transport says -----------------------------------------------------------------

void TlsStream::begin() {
  update_reading();
  if (SSL_is_server(ssl_.get()) == 1 || std::exchange(deferred_, true)) return;
  handshakes_.defer(*this);
}

void TlsStream::on_read(Bytes bytes) {
  if (failed_ || broken_ || ended_) return;
  if (held_.empty()) {
    input_ = bytes;
  } else {
    held_.append(bytes);
  }
  process();
}

void TlsStream::on_end() {
  if (failed_ || broken_ || ended_) return;
  if (!established_) return fail_handshake(HandshakeFailure::Closed, kClosed);
  ended_ = true;
  receiving_ = false;
  if (reader_ != nullptr) reader_->on_end();
}

void TlsStream::on_error(Error error) {
  if (failed_ || broken_) return;
  if (!established_) return fail_handshake(HandshakeFailure::Closed, kClosed);
  break_off(error);
  report();
}

void TlsStream::on_drained() {
  if (!established_ || broken_) return;
  for (size_t batch = 0; queue_ != nullptr && !broken_ && transport_->queued() == 0; ++batch) {
    queue_only_ = batch == kBatchesATurn;  // others have a turn, then this one goes on
    encrypt_queued_batch();
    if (std::exchange(queue_only_, false)) break;
  }
  if (broken_) return report();
  const bool drained = queue_ == nullptr && transport_->queued() == 0;
  if (drained && fin_wanted_) send_close();
  update_reading();
  if (drained && reader_ != nullptr) reader_->on_drained();
}

void TlsStream::on_deferred() {
  deferred_ = false;
  if (broken_) return report();
  if (!established_ || (owes_read_ && reading_)) process();
}

// ---- Reading ---------------------------------------------------------------------------------

void TlsStream::process() {
  bool gone = false;
  gone_ = &gone;
  running_ = true;
  owes_read_ = false;
  const bool from_held = !held_.empty();
  if (from_held) input_ = held_;
  if (!established_) shake_hands();
  while (!gone && established_ && read_records(gone) == Next::More) {
  }
  if (gone) return;
  gone_ = nullptr;
  running_ = false;
  keep_rest_of_input(from_held);
  if (!failed_) flush_output();
  if (broken_ && !established_ && !failed_) {
    return fail_handshake(HandshakeFailure::Closed, error_.detail);
  }
  update_reading();
  report();
}

void TlsStream::shake_hands() {
  if (SSL_do_handshake(ssl_.get()) == 1) {
    established_ = true;
    return handshakes_.established(*this);
  }
  const int error = SSL_get_error(ssl_.get(), -1);
  if (error == SSL_ERROR_WANT_READ) {
    if (handshake_bytes_ > TlsHandshakes::kHandshakeBytes) {
      fail_handshake(HandshakeFailure::TooLarge, "the TLS handshake is too long");
    }
    return;
  }
  const auto failure = error == SSL_ERROR_SSL ? classify_handshake_error(ERR_peek_error())
                                              : HandshakeFailure::Invalid;
  const char* reason = take_reason(ssl_.get(), "the TLS handshake failed");
  fail_handshake(failure, failure == HandshakeFailure::NotTls ? kNotTls : reason);
}

// As much as one buffer takes, so that what came in one read is heard in one call.
TlsStream::Next TlsStream::read_records(const bool& gone) {
  if (ended_ || broken_) return Next::Wait;
  if (!reading_ || reader_ == nullptr) {
    owes_read_ = true;
    return Next::Wait;
  }
  char* plain = handshakes_.plain_.get();
  size_t have = 0;
  bool starved = false;
  while (!starved && TlsHandshakes::kPlain - have >= kRecord) {
    size_t count = 0;
    if (SSL_read_ex(ssl_.get(), plain + have, TlsHandshakes::kPlain - have, &count) != 1) break;
    have += count;
    starved = input_.empty() && SSL_pending(ssl_.get()) == 0;
  }
  if (have == 0) return after_read_failure();
  reader_->on_read({plain, have});
  // If reading failed after the first record, it fails again in the next round.
  return gone || starved ? Next::Wait : Next::More;
}

TlsStream::Next TlsStream::after_read_failure() {
  const int error = SSL_get_error(ssl_.get(), 0);
  const char* reason = take_reason(ssl_.get(), kBadRecord);
  if (error == SSL_ERROR_WANT_READ) return Next::Wait;
  if (error == SSL_ERROR_ZERO_RETURN) {
    ended_ = true;
    reader_->on_end();
    return Next::Wait;
  }
  flush_output();  // the alert
  break_off({Code::Invalid, sessions_->other_end(), false, reason});
  return Next::Wait;
}

void TlsStream::keep_rest_of_input(bool from_held) {
  if (input_.empty() || ended_ || broken_ || failed_) {
    if (!held_.empty()) std::string().swap(held_);
  } else if (from_held) {
    held_.erase(0, held_.size() - input_.size());
  } else {
    held_.assign(input_);
  }
  input_ = {};
}

void TlsStream::start_reading() {
  reading_ = true;
  if (running_) return;  // process() looks at it again
  if (owes_read_ && !std::exchange(deferred_, true)) handshakes_.defer(*this);
  update_reading();
}

void TlsStream::stop_reading() {
  reading_ = false;
  if (!running_) update_reading();
}

void TlsStream::update_reading() {
  const bool wanted =
      !failed_ && !broken_ && !ended_ &&
      (!established_ || (reading_ && !owes_read_ && transport_->queued() < kMostQueued));
  if (std::exchange(receiving_, wanted) == wanted) return;
  if (wanted) {
    transport_->start_reading();
  } else {
    transport_->stop_reading();
  }
}

// ---- Writing ---------------------------------------------------------------------------------

Result<size_t> TlsStream::try_write(std::span<const Bytes> pieces) {
  size_t taken = 0;
  Source source(pieces);
  while (!broken_ && !source.empty() && queued() == 0) taken += encrypt_batch(source);
  if (!broken_) return taken;
  reported_ = true;  // here
  return std::unexpected(error_);
}

void TlsStream::write(std::span<const Bytes> pieces, Holder holder) {
  if (broken_ || fin_wanted_) return;
  size_t size = 0;
  for (const Bytes piece : pieces) size += piece.size();
  if (size == 0) return;
  if (queue_ == nullptr) queue_ = std::make_unique<Queue>();
  queue_->writes.push_back({{pieces.begin(), pieces.end()}, std::move(holder)});
  queue_->bytes += size;
  if (transport_->queued() > 0) return;
  queue_only_ = true;  // on_drained() goes on from there
  encrypt_queued_batch();
  queue_only_ = false;
  if (broken_ && !std::exchange(deferred_, true)) handshakes_.defer(*this);
}

size_t TlsStream::queued() const {
  return transport_->queued() + (queue_ != nullptr ? queue_->bytes : 0);
}

size_t TlsStream::encrypt_batch(Source& source) {
  size_t taken = 0;
  for (size_t i = 1; i <= TlsHandshakes::Output::kRecords && !source.empty() && !broken_; ++i) {
    const Bytes record = source.next(handshakes_.record_.get());
    if (!encrypt(record, i == TlsHandshakes::Output::kRecords || source.empty())) break;
    taken += record.size();
  }
  return taken;
}

bool TlsStream::encrypt(Bytes record, bool last) {
  last_record_ = last;
  size_t taken = 0;
  const int done = SSL_write_ex(ssl_.get(), record.data(), record.size(), &taken);
  last_record_ = false;
  if (done == 1) return true;
  ERR_clear_error();
  break_off(kNoRoom);
  return false;
}

void TlsStream::encrypt_queued_batch() {
  Source source(queue_->writes.front().pieces);
  drop_sent(encrypt_batch(source));
}

void TlsStream::drop_sent(size_t size) {
  queue_->bytes -= size;
  std::vector<Bytes>& pieces = queue_->writes.front().pieces;
  size_t whole = 0;
  while (whole < pieces.size() && pieces[whole].size() <= size) size -= pieces[whole++].size();
  pieces.erase(pieces.begin(), pieces.begin() + static_cast<ptrdiff_t>(whole));
  if (!pieces.empty()) return pieces.front().remove_prefix(size);
  queue_->writes.pop_front();
  if (queue_->writes.empty()) queue_ = nullptr;
}

// Ciphertext: what the transport does not take at once is copied, the buffer being everybody's.
void TlsStream::send(std::span<const Bytes> pieces) {
  if (broken_) return;
  size_t size = 0;
  for (const Bytes piece : pieces) size += piece.size();
  size_t taken = 0;
  if (!queue_only_ && transport_->queued() == 0) {
    const auto written = transport_->try_write(pieces);
    if (!written) return break_off(written.error());
    taken = *written;
  }
  if (taken == size) return;
  auto rest = std::make_unique<std::string>();
  rest->reserve(size - taken);
  for (const Bytes piece : pieces) {
    const size_t skip = std::min(taken, piece.size());
    taken -= skip;
    rest->append(piece.substr(skip));
  }
  const Bytes bytes = *rest;
  transport_->write({&bytes, 1}, hold(std::move(rest)));
}

void TlsStream::flush_output() {
  TlsHandshakes::Output& out = handshakes_.output_for(*this);
  if (out.used == 0) return;
  const Bytes bytes(out.bytes.get(), std::exchange(out.used, 0));
  send({&bytes, 1});
}

void TlsStream::send_left_over() { flush_output(); }

// ---- Ending ----------------------------------------------------------------------------------

void TlsStream::shutdown() {
  fin_wanted_ = true;
  if (queue_ == nullptr) send_close();
}

void TlsStream::send_close() {
  if (broken_ || std::exchange(fin_sent_, true)) return;
  SSL_shutdown(ssl_.get());  // once: ours; the client's is read, or not
  ERR_clear_error();
  flush_output();
  transport_->shutdown();
}

void TlsStream::reset() {
  broken_ = true;
  reported_ = true;
  queue_ = nullptr;
  transport_->reset();
}

bool TlsStream::resumed() const { return SSL_session_reused(ssl_.get()) == 1; }

std::string TlsStream::other_certificate() const {
  const std::unique_ptr<X509, FreeOpenssl> certificate(SSL_get1_peer_certificate(ssl_.get()));
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
  if (certificate == nullptr || bio == nullptr) return {};
  if (PEM_write_bio_X509(bio.get(), certificate.get()) != 1) return {};
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(size)};
}

void TlsStream::fail_handshake(HandshakeFailure failure, const char* detail) {
  flush_output();  // the alert
  handshakes_.failed(*this, failure, detail);
}

void TlsStream::say_goodbye() {
  failed_ = true;
  update_reading();
  if (!broken_) transport_->shutdown();
}

void TlsStream::break_off(Error error) {
  broken_ = true;
  error_ = error;
}

void TlsStream::report() {
  if (!broken_ || failed_ || std::exchange(reported_, true)) return;
  queue_ = nullptr;
  if (reader_ != nullptr) reader_->on_error(error_);
}

}  // namespace atl::net
