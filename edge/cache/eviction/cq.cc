#include "edge/cache/eviction/cq.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

namespace atl::cache {
namespace {

constexpr int kSteps = 8;               // classes for each power of two
constexpr int kSmallest = 10;           // log2 of the bytes below which sizes do not matter
constexpr int kLargest = 31;            // and of those above which they do not
constexpr uint64_t kShareAdmitted = 5;  // a fifth of the capacity
constexpr uint8_t kMost = 64;           // requests that still make a difference
constexpr double kExponent = 1.2;       // of the number of requests
constexpr double kTwice = 0.5;          // powers of two between one request and more
constexpr uint8_t kRecent = 232;        // the class of all while LRU is better; of none else
constexpr int kPutBack = 4;             // entries for each eviction, when that is over

// Classes are exponents of two, in eighths.
struct Tables {
  std::array<uint8_t, kMost + 1> frequency{};  // classes that so many requests add
  std::array<uint64_t, 256> value{};           // of a class; the least is 2
  Tables() {
    for (int count = 2; count <= kMost; ++count) {
      frequency[count] =
          static_cast<uint8_t>(std::lround(kSteps * (kTwice + kExponent * std::log2(count))));
    }
    for (int i = 0; i < 256; ++i) {
      value[i] = static_cast<uint64_t>(std::llround(std::exp2(i / double{kSteps} + 1)));
    }
  }
};
const Tables kTables;

uint8_t size_class(uint64_t bytes) {
  const uint64_t size = std::clamp<uint64_t>(bytes, 1U << kSmallest, 1U << kLargest);
  const int log2 = std::bit_width(size) - 1;
  const int rest = static_cast<int>(size >> (log2 - 3) & 7);
  return static_cast<uint8_t>((log2 - kSmallest) * kSteps + rest);
}

// The least of its class.
uint64_t bytes_of(uint8_t size_class) {
  const int log2 = kSmallest + size_class / kSteps;
  return (uint64_t{1} << log2) + ((uint64_t{size_class} % kSteps) << (log2 - 3));
}

}  // namespace

CqShared::CqShared(uint64_t capacity) {
  guard_.emplace(capacity, [](uint64_t room) -> std::unique_ptr<EvictionPolicy> {
    return std::make_unique<Cq>(PolicySpace{room, 1}, std::make_shared<CqShared>());
  });
}

Cq::Cq(PolicySpace space, std::shared_ptr<CqShared> shared)
    : largest_(space.capacity / kShareAdmitted),
      shards_(std::max(space.shards, 1U)),
      shared_(std::move(shared)),
      history_(History::fewest_for(space)) {
  worth_.fill(kIncomparable);
  for (size_t place = kQueues; place-- > 1;) {
    winner_[place] = place >= kQueues / 2 ? static_cast<uint8_t>(2 * place) : winner_[2 * place];
  }
}

void Cq::resize(uint32_t count) {
  while (blocks_.size() * kBlock < count) blocks_.push_back(std::make_unique<Node[]>(kBlock));
  history_.resize(count);
}

size_t Cq::memory_for(uint32_t count) const {
  const size_t blocks = (count + size_t{kBlock} - 1) / kBlock;
  // The vector of blocks doubles as it grows; twice its use bounds what it takes.
  return sizeof(*this) + shared_->memory() / shards_ +
         blocks * (kBlock * sizeof(Node) + 2 * sizeof(blocks_[0])) + history_.memory_for(count);
}

bool Cq::admit(const Entry& entry) {
  shared_->request(entry.hash, entry.bytes);
  return entry.bytes <= largest_;
}

uint8_t Cq::class_of(const Node& node) const {
  if (shared_->prefers_lru()) return kRecent;
  constexpr int kLargestClass = (kLargest - kSmallest) * kSteps;
  return static_cast<uint8_t>(kLargestClass - node.size_class +
                              kTables.frequency[std::min(node.count, kMost)]);
}

// A queue has another head, or none. Ages are 64 bits, a node keeps the low half: no head waits
// while the age advances by 2^32, because no value is larger than 2^30.
void Cq::weigh(size_t queue) {
  const Handle head = queues_[queue].oldest;
  if (head == kNoHandle) {
    worth_[queue] = kIncomparable;
  } else {
    const uint64_t age = shared_->age();
    worth_[queue] = age - (static_cast<uint32_t>(age) - at(head).base) + kTables.value[queue];
  }
  replay_matches(queue);
}

// Up the tournament, until a match that the queue has neither won before nor wins now.
void Cq::replay_matches(size_t queue) {
  const size_t even = queue & ~size_t{1};
  auto best = static_cast<uint8_t>(worth_[even + 1] < worth_[even] ? even + 1 : even);
  for (size_t place = (kQueues + queue) / 2;;) {
    const uint8_t before = std::exchange(winner_[place], best);
    if ((before != queue && best != queue) || place == 1) return;
    place /= 2;
    const uint8_t a = winner_[2 * place];
    const uint8_t b = winner_[2 * place + 1];
    best = worth_[b] < worth_[a] ? b : a;
  }
}

void Cq::push(Handle handle) {
  Node& node = at(handle);
  node.queue = class_of(node);
  node.base = static_cast<uint32_t>(shared_->age());
  node.touched = false;
  Queue& queue = queues_[node.queue];
  node.newer = kNoHandle;
  node.older = queue.newest;
  if (queue.newest != kNoHandle) at(queue.newest).newer = handle;
  queue.newest = handle;
  if (queue.oldest != kNoHandle) return;
  queue.oldest = handle;
  weigh(node.queue);
}

void Cq::unlink(Handle handle) {
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

void Cq::on_insert(Handle handle, const Entry& entry) {
  Node& node = at(handle);
  node.size_class = size_class(entry.bytes);
  const int before = history_.take(static_cast<uint32_t>(entry.hash));
  node.count = static_cast<uint8_t>(std::min(before + 1, UINT8_MAX));
  push(handle);
}

void Cq::on_hit(Handle handle, uint64_t hash) {
  Node& node = at(handle);
  if (node.count < UINT8_MAX) ++node.count;
  shared_->request(hash, bytes_of(node.size_class));
  if (shared_->prefers_lru()) {
    unlink(handle);
    push(handle);
  } else {
    node.touched = true;
  }
}

void Cq::on_replace(Handle handle, const Entry& entry) {
  at(handle).size_class = size_class(entry.bytes);
  on_hit(handle, entry.hash);
}

void Cq::on_remove(Handle handle) { unlink(handle); }

// Puts what was hit where it belongs, until the least worthy head is one that was not.
void Cq::settle_heads() {
  for (;;) {
    const Handle handle = queues_[winner_[1]].oldest;
    if (handle == kNoHandle || !at(handle).touched) return;
    unlink(handle);
    push(handle);
  }
}

// What is left from when LRU was better.
void Cq::put_back() {
  if (queues_[kRecent].oldest == kNoHandle || shared_->prefers_lru()) return;
  for (int i = 0; i < kPutBack && queues_[kRecent].oldest != kNoHandle; ++i) {
    const Handle handle = queues_[kRecent].oldest;
    unlink(handle);
    push(handle);
  }
}

uint64_t Cq::worth() {
  settle_heads();
  return worth_[winner_[1]];
}

Handle Cq::evict() {
  put_back();
  settle_heads();
  const Handle handle = queues_[winner_[1]].oldest;
  if (handle == kNoHandle) return kNoHandle;
  const uint64_t worth = worth_[winner_[1]];
  unlink(handle);
  shared_->advance(worth);
  return handle;
}

void Cq::on_evicted(Handle handle, uint32_t tag) { history_.remember(tag, at(handle).count); }

}  // namespace atl::cache
