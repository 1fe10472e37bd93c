#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/holder.h"
#include "lib/net/stream.h"

namespace atl::server {

// What a connection is about to send: heads, which are copied, and body pieces, which stay where
// they are. The answers to several pipelined requests gather here and leave in one write. Kept and
// reused by the server, so that filling it does not allocate once warm.
class OutputBatch {
 public:
  void copy(std::string_view bytes);
  // The bytes must stay valid until `holder` is released (which covers every refer() before it).
  void refer(std::string_view bytes) { add(bytes.data(), bytes.size()); }
  void keep(Holder holder) {
    if (holder) holders_.push_back(std::move(holder));
  }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Sends what the stream takes at once and queues the rest with it. Empty afterwards.
  Result<void> flush(net::Stream& stream);

 private:
  // `data` null: `scratch_` from `offset`, which may move while the batch grows.
  struct Piece {
    const char* data;
    size_t offset;
    size_t size;
  };
  struct Remainder;

  void add(const char* data, size_t size);
  void queue_rest(net::Stream& stream, size_t sent);
  void clear();

  std::string scratch_;
  std::vector<Piece> pieces_;
  std::vector<Holder> holders_;
  std::vector<net::Bytes> gathered_;
  size_t size_ = 0;
};

}  // namespace atl::server
