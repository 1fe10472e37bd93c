#include "lib/server/output_batch.h"

#include <algorithm>
#include <utility>

namespace atl::server {
namespace {

// A batch that once carried a large head is not kept at that size.
constexpr size_t kKeptScratch = 256 * 1024;

}  // namespace

// Owns what the kernel did not take.
struct OutputBatch::Remainder {
  std::string scratch;
  std::vector<Holder> holders;
};

void OutputBatch::copy(std::string_view bytes) {
  if (bytes.empty()) return;
  const size_t offset = scratch_.size();
  scratch_.append(bytes);
  size_ += bytes.size();
  if (!pieces_.empty() && pieces_.back().data == nullptr) {
    pieces_.back().size += bytes.size();  // scratch is contiguous
    return;
  }
  pieces_.push_back({nullptr, offset, bytes.size()});
}

void OutputBatch::add(const char* data, size_t size) {
  if (size == 0) return;
  pieces_.push_back({data, 0, size});
  size_ += size;
}

Result<void> OutputBatch::flush(net::Stream& stream) {
  if (empty()) {
    clear();
    return {};
  }
  gathered_.clear();
  for (const Piece& piece : pieces_) {
    const char* data = piece.data != nullptr ? piece.data : scratch_.data() + piece.offset;
    gathered_.emplace_back(data, piece.size);
  }
  size_t sent = 0;
  if (stream.queued() == 0) {
    const auto taken = stream.try_write(gathered_);
    if (!taken) {
      clear();
      return std::unexpected(taken.error());
    }
    sent = *taken;
  }
  if (sent < size_) queue_rest(stream, sent);
  clear();
  return {};
}

void OutputBatch::queue_rest(net::Stream& stream, size_t sent) {
  auto rest = std::make_unique<Remainder>();
  rest->scratch = std::exchange(scratch_, {});
  rest->holders = std::exchange(holders_, {});
  gathered_.clear();
  for (const Piece& piece : pieces_) {
    const char* data = piece.data != nullptr ? piece.data : rest->scratch.data() + piece.offset;
    const size_t skip = std::min(sent, piece.size);
    sent -= skip;
    if (skip < piece.size) gathered_.emplace_back(data + skip, piece.size - skip);
  }
  stream.write(gathered_, hold(std::move(rest)));
}

void OutputBatch::clear() {
  if (scratch_.capacity() > kKeptScratch) {
    scratch_ = {};
  } else {
    scratch_.clear();
  }
  pieces_.clear();
  holders_.clear();
  size_ = 0;
}

}  // namespace atl::server
