#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "lib/base/holder.h"

namespace atl::cache {

class SegmentRef;

// An immutable piece of a body, reference counted so that a fetch, its readers, an object and the
// object that a 304 makes of it can all hold the same bytes. Any thread.
class Segment {
 public:
  std::string_view bytes() const { return bytes_; }
  // Bytes this segment takes from the allocator, rounding included.
  size_t charge() const;

 private:
  friend class SegmentRef;
  explicit Segment(std::string bytes) : bytes_(std::move(bytes)) {}

  std::atomic<uint32_t> refs_{1};
  const std::string bytes_;
};

// A counted reference to a segment.
class SegmentRef {
 public:
  // Takes the bytes over without a copy, unless the string has much more room than bytes.
  static SegmentRef adopt(std::string bytes);

  SegmentRef() = default;
  SegmentRef(const SegmentRef& other) : segment_(other.segment_) {
    if (segment_ != nullptr) segment_->refs_.fetch_add(1, std::memory_order_relaxed);
  }
  SegmentRef(SegmentRef&& other) noexcept : segment_(std::exchange(other.segment_, nullptr)) {}
  SegmentRef& operator=(SegmentRef other) noexcept {
    std::swap(segment_, other.segment_);
    return *this;
  }
  ~SegmentRef() {
    if (segment_ != nullptr) release(segment_);
  }

  explicit operator bool() const { return segment_ != nullptr; }
  const Segment* operator->() const { return segment_; }
  const Segment& operator*() const { return *segment_; }
  // Gives the reference to a queued write.
  Holder to_holder() &&;

 private:
  explicit SegmentRef(Segment* segment) : segment_(segment) {}
  static void release(Segment* segment);

  Segment* segment_ = nullptr;
};

}  // namespace atl::cache
