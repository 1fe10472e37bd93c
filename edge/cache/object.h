#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "edge/cache/freshness.h"
#include "edge/cache/segment.h"
#include "edge/cache/validation.h"
#include "lib/base/error.h"
#include "lib/base/holder.h"

namespace atl::cache {

class Pin;

// Bodies up to this many bytes live in the object's own allocation.
inline constexpr uint64_t kInlineBody = uint64_t{16} * 1024;
// Key, variant key and head are each below this.
inline constexpr size_t kMaxObjectPart = 65'535;

// What an object is (docs/adr/0007).
enum class Kind : uint8_t {
  Whole,    // a complete response
  Outline,  // head and size of a representation of which at most pieces are stored
  Piece,    // a stretch of bytes of such a representation: no head, a key of its own (parts.h)
  Sized,    // stands for a complete response in a simulation: charged for a body that is not there
};

// What an object is made of. Views are copied; segments are taken over when the body is large, and
// copied and let go when it is small.
struct ObjectSource {
  std::string_view key;          // build_key()
  std::string_view variant_key;  // make_variant_key(); empty without Vary
  std::string_view head;         // build_head()
  uint16_t status = 200;
  Meta meta;                 // kPurged in it means nothing
  bool soft_purged = false;  // made with the mark of a soft purge
  Kind kind = Kind::Whole;
  // Outline, and a Whole made of its pieces: the name that they share. Piece: the offset of its
  // first byte in the representation.
  uint64_t number = 0;
  uint64_t size = 0;  // Outline: bytes of the whole representation; Sized: of the body
};

// A stored response, or what is known of an incomplete one. Immutable, save for the mark of a soft
// purge; reference counted by Pin; any thread. One allocation holds this header, key, variant key,
// head and a body up to kInlineBody; larger bodies stay in their segments, small neighbours joined.
class Object {
 public:
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  std::string_view key() const { return {tail(), key_size_}; }
  std::string_view variant_key() const { return {tail() + key_size_, vary_size_}; }
  // Status line and field lines, each ended by CRLF, as Responder takes it.
  std::string_view head() const { return {tail() + key_size_ + vary_size_, head_size_}; }
  uint16_t status() const { return status_; }
  // Values in the head; empty when absent.
  std::string_view etag() const { return head().substr(etag_at_, etag_size_); }
  std::string_view last_modified() const { return head().substr(modified_at_, modified_size_); }
  std::string_view date() const { return head().substr(date_at_, date_size_); }
  // With Meta::kPurged once the store has marked the object.
  Meta meta() const;
  StoredView validators() const;

  Kind kind() const { return kind_; }
  bool is_outline() const { return kind_ == Kind::Outline; }
  // See ObjectSource::number; 0 for a Whole that was never in pieces.
  uint64_t representation() const { return kind_ == Kind::Piece ? 0 : number_; }
  uint64_t first() const { return kind_ == Kind::Piece ? number_ : 0; }

  // Of an outline: of the whole representation, although it has no segment. So too when Sized.
  uint64_t body_size() const { return body_size_; }
  size_t segment_count() const { return segment_count_; }
  std::string_view segment(size_t index) const;
  // Empty when the body is inline: then the object itself must be pinned.
  const SegmentRef* segment_ref(size_t index) const;

  // Bytes taken from the allocator, rounding included, segments included. When Sized: of its parts
  // and of the body it stands for, unrounded, so that a simulation depends on no allocator.
  size_t charge() const;

 private:
  friend class Pin;
  friend class Store;
  friend Result<Pin> make_object(const ObjectSource& source, std::vector<SegmentRef> body);

  Object() = default;
  ~Object() = default;
  char* tail() { return reinterpret_cast<char*>(this + 1) + ref_bytes(); }
  const char* tail() const { return reinterpret_cast<const char*>(this + 1) + ref_bytes(); }
  bool is_inline() const { return (bits_ & kInline) != 0; }
  size_t ref_bytes() const { return is_inline() ? 0 : segment_count_ * sizeof(SegmentRef); }
  const SegmentRef* refs_begin() const { return reinterpret_cast<const SegmentRef*>(this + 1); }
  void fill(const ObjectSource& source);
  void mark_purged() const { purged_.store(true, std::memory_order_relaxed); }
  static void destroy(const Object* object);

  static constexpr uint8_t kInline = 1;

  mutable std::atomic<uint32_t> refs_{1};
  uint32_t segment_count_ = 0;
  Meta meta_;
  uint64_t body_size_ = 0;
  uint64_t number_ = 0;
  uint16_t status_ = 0;
  uint16_t key_size_ = 0;
  uint16_t vary_size_ = 0;
  uint16_t head_size_ = 0;
  uint16_t etag_at_ = 0, etag_size_ = 0;
  uint16_t modified_at_ = 0, modified_size_ = 0;
  uint16_t date_at_ = 0;
  uint8_t date_size_ = 0;
  uint8_t bits_ = 0;
  Kind kind_ = Kind::Whole;
  mutable std::atomic<bool> purged_{false};
};

// Keeps an object alive: its bytes stay valid until the pin dies, evicted or not. Any thread.
class Pin {
 public:
  Pin() = default;
  Pin(const Pin& other) : object_(other.object_) {
    if (object_ != nullptr) object_->refs_.fetch_add(1, std::memory_order_relaxed);
  }
  Pin(Pin&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Pin& operator=(Pin other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Pin() {
    if (object_ != nullptr) release(object_);
  }

  explicit operator bool() const { return object_ != nullptr; }
  const Object& operator*() const { return *object_; }
  const Object* operator->() const { return object_; }
  const Object* get() const { return object_; }

  // Gives the reference to Responder::respond(), or to any queued write.
  Holder to_holder() &&;

 private:
  friend class Store;
  friend Result<Pin> make_object(const ObjectSource& source, std::vector<SegmentRef> body);
  explicit Pin(const Object* adopted) : object_(adopted) {}
  static Pin share(const Object* object) {
    object->refs_.fetch_add(1, std::memory_order_relaxed);
    return Pin(object);
  }
  const Object* detach() { return std::exchange(object_, nullptr); }
  static void release(const Object* object) {
    if (object->refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) Object::destroy(object);
  }

  const Object* object_ = nullptr;
};

// TooLarge when key, variant key or head exceed kMaxObjectPart. `body`: everything in order; empty
// for an outline.
Result<Pin> make_object(const ObjectSource& source, std::vector<SegmentRef> body);

// The object a 304 makes of `old` (see freshen()), of the same kind: shares the segments of a large
// body, copies a small one. TooLarge when the new head is.
Result<Pin> make_refreshed(const Object& old, std::string_view head, const Meta& meta);

// The body, shared with `object` where it is large, copied where it is small.
std::vector<SegmentRef> segments_of(const Object& object);

}  // namespace atl::cache
