#include "edge/cache/segment.h"

#include <malloc.h>

namespace atl::cache {

size_t Segment::charge() const {
  size_t bytes = malloc_usable_size(const_cast<Segment*>(this));
  // A short string lives inside the segment itself.
  const char* begin = reinterpret_cast<const char*>(this);
  const bool inside = bytes_.data() >= begin && bytes_.data() < begin + sizeof(*this);
  if (!inside) bytes += malloc_usable_size(const_cast<char*>(bytes_.data()));
  return bytes;
}

SegmentRef SegmentRef::adopt(std::string bytes) {
  // An eighth of waste is cheaper than a copy; more is not worth keeping for as long as a cache
  // does.
  if (bytes.capacity() - bytes.size() > bytes.size() / 8 + 64) bytes.shrink_to_fit();
  return SegmentRef(new Segment(std::move(bytes)));
}

void SegmentRef::release(Segment* segment) {
  if (segment->refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete segment;
}

Holder SegmentRef::to_holder() && {
  return {std::exchange(segment_, nullptr),
          [](void* segment) { release(static_cast<Segment*>(segment)); }};
}

}  // namespace atl::cache
