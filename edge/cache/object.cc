#include "edge/cache/object.h"

#include <malloc.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>
#include <numeric>
#include <span>
#include <string>

#include "edge/cache/head.h"

namespace atl::cache {
namespace {

// Segments below this are joined with their neighbours: an upstream that sends a byte at a time
// must not cost a header for each.
constexpr size_t kSmallSegment = size_t{4} * 1024;
constexpr size_t kJoinedSegment = size_t{64} * 1024;

std::vector<SegmentRef> join_small(std::vector<SegmentRef> body) {
  std::erase_if(body, [](const SegmentRef& s) { return s->bytes().empty(); });
  const auto is_small = [](const SegmentRef& s) { return s->bytes().size() < kSmallSegment; };
  if (std::none_of(body.begin(), body.end(), is_small)) return body;

  std::vector<SegmentRef> joined;
  for (size_t i = 0; i < body.size();) {
    size_t end = i;
    size_t bytes = 0;
    while (end < body.size() && is_small(body[end]) &&
           bytes + body[end]->bytes().size() <= kJoinedSegment) {
      bytes += body[end++]->bytes().size();
    }
    if (end - i < 2) {  // a large one, or a small one alone
      joined.push_back(std::move(body[i++]));
      continue;
    }
    std::string text;
    text.reserve(bytes);
    for (; i < end; ++i) text.append(body[i]->bytes());
    joined.push_back(SegmentRef::adopt(std::move(text)));
  }
  return joined;
}

struct Place {
  uint16_t at = 0;
  uint16_t size = 0;
};

Place place_of(std::string_view head, std::string_view name) {
  const std::string_view value = find_in_head(head, name);
  if (value.data() == nullptr || value.empty()) return {};
  return {static_cast<uint16_t>(value.data() - head.data()), static_cast<uint16_t>(value.size())};
}

}  // namespace

Meta Object::meta() const {
  Meta meta = meta_;
  if (purged_.load(std::memory_order_relaxed)) meta.flags |= Meta::kPurged;
  return meta;
}

StoredView Object::validators() const {
  return {.status = status_,
          .etag = etag(),
          .last_modified = last_modified(),
          .date = date(),
          .response_time = meta_.response_time};
}

std::string_view Object::segment(size_t index) const {
  if (!is_inline()) return refs_begin()[index]->bytes();
  return {tail() + key_size_ + vary_size_ + head_size_, body_size_};
}

const SegmentRef* Object::segment_ref(size_t index) const {
  return is_inline() ? nullptr : refs_begin() + index;
}

size_t Object::charge() const {
  if (kind_ == Kind::Sized) {
    return sizeof(Object) + key_size_ + vary_size_ + head_size_ + body_size_;
  }
  size_t bytes = malloc_usable_size(const_cast<Object*>(this));
  if (is_inline()) return bytes;
  for (size_t i = 0; i < segment_count_; ++i) bytes += refs_begin()[i]->charge();
  return bytes;
}

void Object::fill(const ObjectSource& source) {
  meta_ = source.meta;
  meta_.flags &= static_cast<uint16_t>(~Meta::kPurged);
  if (source.soft_purged) mark_purged();
  kind_ = source.kind;
  number_ = source.number;
  if (is_outline() || kind_ == Kind::Sized) body_size_ = source.size;
  status_ = source.status;
  key_size_ = static_cast<uint16_t>(source.key.size());
  vary_size_ = static_cast<uint16_t>(source.variant_key.size());
  head_size_ = static_cast<uint16_t>(source.head.size());
  char* out = tail();
  for (const std::string_view part : {source.key, source.variant_key, source.head}) {
    if (!part.empty()) std::memcpy(out, part.data(), part.size());
    out += part.size();
  }
  const Place etag = place_of(head(), "etag");
  const Place modified = place_of(head(), "last-modified");
  const Place date = place_of(head(), "date");
  etag_at_ = etag.at;
  etag_size_ = etag.size;
  modified_at_ = modified.at;
  modified_size_ = modified.size;
  // A Date longer than this is not a date.
  if (date.size <= std::numeric_limits<uint8_t>::max()) {
    date_at_ = date.at;
    date_size_ = static_cast<uint8_t>(date.size);
  }
}

void Object::destroy(const Object* object) {
  if (!object->is_inline()) {
    std::destroy_n(object->refs_begin(), object->segment_count_);
  }
  object->~Object();
  ::operator delete(const_cast<Object*>(object));
}

Result<Pin> make_object(const ObjectSource& source, std::vector<SegmentRef> body) {
  if (source.key.size() > kMaxObjectPart || source.variant_key.size() > kMaxObjectPart ||
      source.head.size() > kMaxObjectPart) {
    return std::unexpected(Error{Code::TooLarge, Side::Upstream, false,
                                 "key, variant key or head too large to be stored"});
  }
  const uint64_t body_size =
      std::accumulate(body.begin(), body.end(), uint64_t{0},
                      [](uint64_t sum, const SegmentRef& s) { return sum + s->bytes().size(); });
  const bool is_inline = body_size <= kInlineBody;
  if (!is_inline) body = join_small(std::move(body));
  if (body.size() > std::numeric_limits<uint32_t>::max()) {
    return std::unexpected(Error{Code::TooLarge, Side::Upstream, false, "too many body segments"});
  }

  const size_t parts = source.key.size() + source.variant_key.size() + source.head.size();
  const size_t rest = is_inline ? body_size : body.size() * sizeof(SegmentRef);
  auto* object = new (::operator new(sizeof(Object) + parts + rest)) Object;
  object->bits_ = is_inline ? Object::kInline : 0;
  object->body_size_ = body_size;
  object->segment_count_ =
      is_inline ? (body_size != 0 ? 1U : 0U) : static_cast<uint32_t>(body.size());
  object->fill(source);
  if (is_inline) {
    char* out = object->tail() + parts;
    for (const SegmentRef& segment : body) {
      const std::string_view bytes = segment->bytes();
      if (!bytes.empty()) std::memcpy(out, bytes.data(), bytes.size());
      out += bytes.size();
    }
  } else {
    std::uninitialized_move(body.begin(), body.end(),
                            const_cast<SegmentRef*>(object->refs_begin()));
  }
  return Pin(object);
}

Result<Pin> make_refreshed(const Object& old, std::string_view head, const Meta& meta) {
  return make_object({.key = old.key(),
                      .variant_key = old.variant_key(),
                      .head = head,
                      .status = old.status(),
                      .meta = meta,
                      .kind = old.kind(),
                      .number = old.representation(),
                      .size = old.body_size()},
                     segments_of(old));
}

std::vector<SegmentRef> segments_of(const Object& object) {
  std::vector<SegmentRef> body;
  body.reserve(object.segment_count());
  for (size_t i = 0; i < object.segment_count(); ++i) {
    const SegmentRef* ref = object.segment_ref(i);
    body.push_back(ref != nullptr ? *ref : SegmentRef::adopt(std::string(object.segment(i))));
  }
  return body;
}

Holder Pin::to_holder() && {
  return {const_cast<Object*>(std::exchange(object_, nullptr)),
          [](void* object) { release(static_cast<const Object*>(object)); }};
}

}  // namespace atl::cache
