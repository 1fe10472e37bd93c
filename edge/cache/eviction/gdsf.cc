#include "edge/cache/eviction/gdsf.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace atl::cache {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr int kSmallest = 7;  // log2 of the bytes of size class 0
// What the requests of each frequency class are counted as: the fewest that belong there.
constexpr std::array<uint8_t, 8> kCounts{1, 2, 3, 4, 6, 8, 12, 16};

}  // namespace

Gdsf::Gdsf() {
  worth_.fill(kNever);
  least_.fill(kNever);
}

void Gdsf::resize(uint32_t count) {
  while (blocks_.size() * kBlock < count) blocks_.push_back(std::make_unique<Node[]>(kBlock));
}

size_t Gdsf::memory_for(uint32_t count) const {
  const size_t blocks = (count + size_t{kBlock} - 1) / kBlock;
  // The vector of blocks doubles as it grows; twice its use bounds what it takes.
  return sizeof(*this) + blocks * (kBlock * sizeof(Node) + 2 * sizeof(blocks_[0]));
}

uint8_t Gdsf::size_class(uint64_t bytes) {
  const int log2 = static_cast<int>(std::bit_width(bytes)) - 1;
  return static_cast<uint8_t>(std::clamp<int>(log2 - kSmallest, 0, kSizes - 1));
}

size_t Gdsf::frequency_class(uint8_t count) {
  const auto above = std::upper_bound(kCounts.begin(), kCounts.end(), count);
  return static_cast<size_t>(std::max<ptrdiff_t>(above - kCounts.begin() - 1, 0));
}

// In units of one request per 128 bytes.
void Gdsf::weigh(size_t queue) {
  const Handle head = queues_[queue].oldest;
  worth_[queue] =
      head == kNoHandle
          ? kNever
          : at(head).base + std::ldexp(static_cast<double>(kCounts[queue % kFrequencies]),
                                       -static_cast<int>(queue / kFrequencies));
  const auto row = worth_.begin() + static_cast<ptrdiff_t>(queue - queue % kFrequencies);
  least_[queue / kFrequencies] = *std::min_element(row, row + kFrequencies);
}

// The queue whose head is worth least; any queue when all are empty.
size_t Gdsf::least_worthy() const {
  const ptrdiff_t size = std::min_element(least_.begin(), least_.end()) - least_.begin();
  const auto row = worth_.begin() + size * static_cast<ptrdiff_t>(kFrequencies);
  return static_cast<size_t>(std::min_element(row, row + kFrequencies) - worth_.begin());
}

void Gdsf::push(Handle handle) {
  Node& node = at(handle);
  const size_t index = node.size_class * kFrequencies + frequency_class(node.count);
  node.queue = static_cast<uint16_t>(index);
  node.base = age_;
  node.touched = false;
  Queue& queue = queues_[index];
  node.newer = kNoHandle;
  node.older = queue.newest;
  if (queue.newest != kNoHandle) at(queue.newest).newer = handle;
  queue.newest = handle;
  if (queue.oldest != kNoHandle) return;
  queue.oldest = handle;
  weigh(index);
}

void Gdsf::unlink(Handle handle) {
  const Node& node = at(handle);
  Queue& queue = queues_[node.queue];
  (node.newer != kNoHandle ? at(node.newer).older : queue.newest) = node.older;
  if (node.older != kNoHandle) {
    at(node.older).newer = node.newer;
    return;
  }
  queue.oldest = node.newer;
  weigh(node.queue);
}

void Gdsf::on_insert(Handle handle, const Entry& entry) {
  Node& node = at(handle);
  node.size_class = size_class(entry.bytes);
  node.count = 1;
  push(handle);
}

void Gdsf::on_hit(Handle handle, uint64_t) {
  Node& node = at(handle);
  if (node.count < kCounts.back()) ++node.count;
  node.touched = true;
}

void Gdsf::on_replace(Handle handle, const Entry& entry) {
  at(handle).size_class = size_class(entry.bytes);
  on_hit(handle, entry.hash);
}

void Gdsf::on_remove(Handle handle) { unlink(handle); }

Handle Gdsf::evict() {
  for (;;) {
    const size_t least = least_worthy();
    const Handle handle = queues_[least].oldest;
    if (handle == kNoHandle) return kNoHandle;
    const double worth = worth_[least];
    unlink(handle);
    if (!at(handle).touched) {
      age_ = worth;
      return handle;
    }
    push(handle);
  }
}

}  // namespace atl::cache
