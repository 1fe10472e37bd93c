#include "edge/cache/parts.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

namespace atl::cache {
namespace {

// A key that no request has: those begin with a distribution's identifier. Without NUL, which
// separates the parts of those.
class PieceKey {
 public:
  PieceKey(uint64_t representation, uint64_t block_first) {
    char* at = text_.data();
    *at++ = '\x01';
    at = std::to_chars(at, text_.data() + text_.size(), representation, 16).ptr;
    *at++ = '@';
    size_ = static_cast<size_t>(
        std::to_chars(at, text_.data() + text_.size(), block_first, 16).ptr - text_.data());
  }
  std::string_view view() const { return {text_.data(), size_}; }

 private:
  std::array<char, 40> text_;
  size_t size_;
};

ByteRange range_of(const Object& piece) {
  return {piece.first(), piece.first() + piece.body_size() - 1};
}

bool holds(const ByteRange& range, uint64_t offset) {
  return offset >= range.first && offset <= range.last;
}

// Whether the bytes of `whole` are those that the outline speaks of.
bool stands_for(const Object& whole, const Object& outline) {
  if (whole.kind() != Kind::Whole || whole.body_size() != outline.body_size()) return false;
  return whole.representation() == outline.representation() ||
         (whole.status() == 200 && same_representation(whole.validators(), outline.validators()));
}

uint64_t bytes_in(const std::vector<SegmentRef>& segments) {
  uint64_t bytes = 0;
  for (const SegmentRef& segment : segments) bytes += segment->bytes().size();
  return bytes;
}

// Adds `count` bytes of `from` after the first `skip` to `out`. Segments are shared; one that is
// cut is copied, so that no piece keeps more memory than it is charged for.
void append_cut(const std::vector<SegmentRef>& from, uint64_t skip, uint64_t count,
                std::vector<SegmentRef>& out) {
  for (const SegmentRef& segment : from) {
    if (count == 0) return;
    const std::string_view bytes = segment->bytes();
    if (skip >= bytes.size()) {
      skip -= bytes.size();
      continue;
    }
    const std::string_view part = bytes.substr(skip, count);
    skip = 0;
    count -= part.size();
    out.push_back(part.size() == bytes.size() ? segment : SegmentRef::adopt(std::string(part)));
  }
}

}  // namespace

std::string_view Parts::Stretch::at(uint64_t offset) const {
  uint64_t left = offset - first;
  for (size_t i = 0; i < object->segment_count(); ++i) {
    const std::string_view bytes = object->segment(i);
    if (left < bytes.size()) return bytes.substr(left);
    left -= bytes.size();
  }
  return {};
}

Pin Parts::piece(const Object& outline, uint64_t block_first) const {
  const PieceKey key(outline.representation(), block_first);
  return store_.peek(key.view(), store_.hash(key.view()), {});
}

Parts::Stretch Parts::find(const Object& outline, uint64_t offset) {
  const PieceKey key(outline.representation(), block_start(offset, block_));
  Pin piece = store_.touch(key.view(), store_.hash(key.view()), {});
  if (piece) {
    const ByteRange range = range_of(*piece);
    if (!holds(range, offset)) return {};
    return {std::move(piece), range.first, range.last};
  }
  // The pieces may have been put together meanwhile, or the whole fetched.
  Pin whole = store_.touch(outline.key(), store_.hash(outline.key()), outline.variant_key());
  if (!whole || !stands_for(*whole, outline) || offset >= whole->body_size()) return {};
  const uint64_t last = whole->body_size() - 1;
  return {std::move(whole), 0, last};
}

std::optional<uint64_t> Parts::first_missing(const Object& outline, ByteRange range) const {
  const Pin whole = store_.peek(outline.key(), store_.hash(outline.key()), outline.variant_key());
  if (whole && stands_for(*whole, outline)) return std::nullopt;
  while (range.first <= range.last) {
    const Pin there = piece(outline, block_start(range.first, block_));
    if (!there || !holds(range_of(*there), range.first)) return range.first;
    range.first = range_of(*there).last + 1;
  }
  return std::nullopt;
}

ByteRange Parts::missing(const Object& outline, uint64_t offset) const {
  const ByteRange block = block_around(offset, block_, outline.body_size());
  std::optional<ByteRange> stored;
  if (const Pin there = piece(outline, block.first)) stored = range_of(*there);
  if (stored && holds(*stored, offset)) return block;  // just landed
  return missing_around(offset, block, stored);
}

Result<Pin> Parts::outline_for(ObjectSource source) {
  source.kind = Kind::Outline;
  source.number = 0;
  const Pin there = store_.peek(source.key, store_.hash(source.key), source.variant_key);
  if (there && there->is_outline() && there->body_size() == source.size) {
    const auto fresh = make_object(source, {});
    if (fresh && same_representation(there->validators(), (*fresh)->validators())) {
      source.number = there->representation();
    }
  }
  if (source.number == 0) source.number = store_.next_representation();
  return make_object(source, {});
}

bool Parts::store_outline(Pin outline) {
  const Pin there =
      store_.peek(outline->key(), store_.hash(outline->key()), outline->variant_key());
  if (there && stands_for(*there, *outline)) return false;
  return store_.insert(std::move(outline));
}

bool Parts::is_current(const Object& outline) const {
  const Pin there = store_.peek(outline.key(), store_.hash(outline.key()), outline.variant_key());
  return there && there->is_outline() && there->representation() == outline.representation();
}

void Parts::keep(const Object& outline, uint64_t first, const std::vector<SegmentRef>& bytes) {
  if (!is_current(outline)) return;
  uint64_t done = 0;
  for (uint64_t left = bytes_in(bytes); left != 0;) {
    const uint64_t at = first + done;
    const uint64_t room = block_start(at, block_) + block_ - at;
    const uint64_t count = std::min(room, left);
    std::vector<SegmentRef> cut;
    append_cut(bytes, done, count, cut);
    keep_in_block(outline, {at, at + count - 1}, std::move(cut));
    done += count;
    left -= count;
  }
}

void Parts::keep_in_block(const Object& outline, ByteRange range, std::vector<SegmentRef> bytes) {
  const uint64_t block_first = block_start(range.first, block_);
  const PieceKey key(outline.representation(), block_first);
  if (const Pin there = piece(outline, block_first)) {
    const ByteRange old = range_of(*there);
    switch (join_stretches(old, range)) {
      case Join::Old:
        return;
      case Join::New:
        break;
      case Join::OldThenNew: {
        std::vector<SegmentRef> joined = segments_of(*there);
        append_cut(bytes, old.last + 1 - range.first, range.last - old.last, joined);
        range.first = old.first;
        bytes = std::move(joined);
        break;
      }
      case Join::NewThenOld: {
        std::vector<SegmentRef> joined;
        append_cut(bytes, 0, old.first - range.first, joined);
        for (SegmentRef& segment : segments_of(*there)) joined.push_back(std::move(segment));
        range.last = old.last;
        bytes = std::move(joined);
        break;
      }
    }
  }
  auto made =
      make_object({.key = key.view(), .status = 206, .kind = Kind::Piece, .number = range.first},
                  std::move(bytes));
  if (made) store_.insert(std::move(*made));
}

Pin Parts::assemble(const Object& outline, uint64_t largest) const {
  const uint64_t size = outline.body_size();
  if (size > largest) return {};
  std::vector<SegmentRef> body;
  for (uint64_t at = 0; at < size;) {
    const ByteRange block = block_around(at, block_, size);
    const Pin there = piece(outline, at);
    if (!there || range_of(*there) != block) return {};
    for (SegmentRef& segment : segments_of(*there)) body.push_back(std::move(segment));
    at = block.last + 1;
  }
  auto made = make_object({.key = outline.key(),
                           .variant_key = outline.variant_key(),
                           .head = outline.head(),
                           .status = outline.status(),
                           .meta = outline.meta(),
                           .number = outline.representation()},
                          std::move(body));
  return made ? std::move(*made) : Pin();
}

bool Parts::store_whole(Pin whole) {
  const uint64_t representation = whole->representation();
  const uint64_t size = whole->body_size();
  if (!store_.insert(std::move(whole))) return false;
  for (uint64_t at = 0; at < size; at += block_) {
    const PieceKey key(representation, at);
    if (const Pin there = store_.peek(key.view(), store_.hash(key.view()), {}))
      store_.remove(there);
  }
  return true;
}

}  // namespace atl::cache
