#include "tests/support/memory_stream.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace atl::testing {

// Both ends and what is between them.
struct MemoryPeer::Wire {
  struct Queued {
    std::string_view bytes;
    Holder holder;  // of the last piece of a write
  };

  Near* near = nullptr;
  std::string inbound;  // sent and not read
  bool inbound_end = false;
  std::string received;
  uint64_t received_bytes = 0;
  bool keep = true;
  size_t window = std::numeric_limits<size_t>::max();
  std::deque<Queued> queue;
  size_t queued = 0;
  size_t writes = 0;
  size_t reads = 0;
  bool reading = false;
  bool end_told = false;
  bool fin_asked = false;
  bool reset = false;
  bool broken = false;
  bool closed = false;

  size_t accept(std::string_view bytes) {
    const size_t size = std::min(bytes.size(), window);
    if (window != std::numeric_limits<size_t>::max()) window -= size;
    received_bytes += size;
    if (keep) received.append(bytes.substr(0, size));
    return size;
  }
  bool fin() const { return fin_asked && queued == 0 && !reset; }
};

class MemoryPeer::Near final : public net::Stream {
 public:
  Near(std::shared_ptr<Wire> wire, std::string_view address)
      : wire_(std::move(wire)), address_(address) {
    wire_->near = this;
  }
  ~Near() override {
    wire_->near = nullptr;
    wire_->closed = true;
    wire_->fin_asked = true;  // a socket that is closed sends it too
    wire_->reading = false;
    wire_->queue.clear();
    wire_->queued = 0;
  }

  void set_reader(Reader* reader) override { reader_ = reader; }
  void start_reading() override { wire_->reading = true; }
  void stop_reading() override { wire_->reading = false; }

  Result<size_t> try_write(std::span<const net::Bytes> pieces) override {
    if (wire_->broken || wire_->reset) {
      return std::unexpected(Error{Code::Closed, Side::Client, false, "reset"});
    }
    ++wire_->writes;
    size_t taken = 0;
    for (const net::Bytes piece : pieces) {
      const size_t size = wire_->accept(piece);
      taken += size;
      if (size < piece.size()) break;
    }
    return taken;
  }

  void write(std::span<const net::Bytes> pieces, Holder holder) override {
    if (wire_->reset) return;
    ++wire_->writes;
    for (const net::Bytes piece : pieces) {
      wire_->queue.push_back({piece, {}});
      wire_->queued += piece.size();
    }
    if (!wire_->queue.empty()) wire_->queue.back().holder = std::move(holder);
  }

  size_t queued() const override { return wire_->queued; }
  void shutdown() override { wire_->fin_asked = true; }
  void reset() override {
    wire_->reset = true;
    wire_->reading = false;
    wire_->queue.clear();
    wire_->queued = 0;
  }
  std::string_view peer_address() const override { return address_; }

  Reader* reader() const { return reader_; }

 private:
  std::shared_ptr<Wire> wire_;
  std::string_view address_;
  Reader* reader_ = nullptr;
};

MemoryPeer::MemoryPeer() : wire_(std::make_shared<Wire>()) {}
MemoryPeer::~MemoryPeer() = default;

std::unique_ptr<net::Stream> MemoryPeer::stream() { return std::make_unique<Near>(wire_, address); }

void MemoryPeer::send(std::string_view bytes) {
  Wire& wire = *wire_;
  const bool direct = wire.inbound.empty() && wire.reading && !wire.broken && wire.near != nullptr;
  if (direct && wire.near->reader() != nullptr && !bytes.empty()) {
    ++wire.reads;
    wire.near->reader()->on_read(bytes);
    return;
  }
  wire.inbound.append(bytes);
  poll();
}

void MemoryPeer::finish() {
  wire_->inbound_end = true;
  poll();
}

void MemoryPeer::break_off() {
  Wire& wire = *wire_;
  wire.broken = true;
  wire.inbound.clear();
  if (wire.near != nullptr && wire.near->reader() != nullptr) {
    wire.near->reader()->on_error({Code::Closed, Side::Client, false, "reset"});
  }
}

void MemoryPeer::poll() {
  Wire& wire = *wire_;
  while (wire.reading && !wire.broken && wire.near != nullptr && wire.near->reader() != nullptr) {
    if (!wire.inbound.empty()) {
      // As much as one read of a socket brings.
      const std::string bytes = wire.inbound.substr(0, 64 * 1024);
      wire.inbound.erase(0, bytes.size());
      ++wire.reads;
      wire.near->reader()->on_read(bytes);
    } else if (wire.inbound_end && !std::exchange(wire.end_told, true)) {
      wire.near->reader()->on_end();
    } else {
      return;
    }
  }
}

void MemoryPeer::set_window(size_t bytes) { wire_->window = bytes; }
void MemoryPeer::discard_output() { wire_->keep = false; }

void MemoryPeer::take(size_t bytes) {
  Wire& wire = *wire_;
  const size_t unlimited = std::numeric_limits<size_t>::max();
  wire.window = bytes == unlimited ? bytes : wire.window + bytes;
  const bool was_queued = wire.queued > 0;
  while (!wire.queue.empty() && wire.window > 0) {
    Wire::Queued& first = wire.queue.front();
    const size_t size = wire.accept(first.bytes);
    wire.queued -= size;
    first.bytes.remove_prefix(size);
    if (first.bytes.empty()) wire.queue.pop_front();
  }
  if (was_queued && wire.queued == 0 && wire.near != nullptr && wire.near->reader() != nullptr) {
    wire.near->reader()->on_drained();
  }
}

const std::string& MemoryPeer::received() const { return wire_->received; }
uint64_t MemoryPeer::received_bytes() const { return wire_->received_bytes; }
size_t MemoryPeer::writes() const { return wire_->writes; }
size_t MemoryPeer::reads() const { return wire_->reads; }
bool MemoryPeer::saw_fin() const { return wire_->fin(); }
bool MemoryPeer::saw_reset() const { return wire_->reset; }
bool MemoryPeer::closed() const { return wire_->closed; }
bool MemoryPeer::reading() const { return wire_->reading; }

}  // namespace atl::testing
