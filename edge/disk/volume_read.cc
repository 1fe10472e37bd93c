// Volume: reading one object. Any thread.

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "edge/disk/volume.h"

namespace atl::disk {
namespace {

constexpr uint64_t kSegment = 256 * 1024;

}  // namespace

Volume::Reading Volume::read(std::string_view key, uint64_t hash, const PurgeBook& book,
                             const std::function<bool(std::string_view variant_key)>& matches) {
  std::array<Index::Entry, Index::kMaxSame> found;
  const size_t count = index_.find(hash, found);
  std::array<std::pair<uint64_t, Index::Entry>, Index::kMaxSame> order;
  for (size_t i = 0; i < count; ++i) order[i] = {generation_of(found[i].unit), found[i]};
  // Newest first (RFC 9111 section 4: of several, the most recent).
  std::sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count),
            [](const auto& a, const auto& b) {
              return a.first != b.first ? a.first > b.first : a.second.unit > b.second.unit;
            });
  Reading out;
  for (size_t i = 0; i < count; ++i) {
    const Index::Entry& entry = order[i].second;
    switch (read_one(entry, key, hash, book, matches, out)) {
      case Found::Yes:
        index_.touch(hash, entry.unit);
        return out;
      case Found::NotThis:
        break;
      case Found::Gone:
        index_.erase(hash, entry.unit);
        break;
      case Found::Bad:
        // Not when the region was given to others while we were reading.
        if (index_.erase(hash, entry.unit)) {
          counters_.bad_records.fetch_add(1, std::memory_order_relaxed);
        }
        break;
      case Found::DeviceFailed:
        counters_.io_errors.fetch_add(1, std::memory_order_relaxed);
        out.device_failed = true;
        return out;
    }
  }
  return out;
}

Volume::Found Volume::read_one(const Index::Entry& entry, std::string_view key, uint64_t hash,
                               const PurgeBook& book,
                               const std::function<bool(std::string_view)>& matches, Reading& out) {
  const uint32_t region = entry.unit / units_per_region();
  const uint64_t offset = uint64_t{entry.unit % units_per_region()} * block_.unit;
  const uint64_t room =
      std::min(block_.region_size - offset, units_of(entry.size_class) * block_.unit);
  std::string bytes(std::min(room, kRecordHead), '\0');
  const uint64_t at = region_at(region) + offset;
  const auto got = file_->read(at, bytes);
  if (!got) return Found::DeviceFailed;
  bytes.resize(*got);
  counters_.bytes_read.fetch_add(*got, std::memory_order_relaxed);
  const auto record = parse_record(bytes, room, block_.volume_id);
  if (!record || record->header.generation != generation_of(entry.unit)) return Found::Bad;
  if (record->header.hash != hash || record->key != key) return Found::NotThis;
  const Fate fate = book.judge({record->header.sequence, hash, record->key, record->head});
  if (fate == Fate::Gone) return Found::Gone;
  if (!matches(record->variant_key)) return Found::NotThis;
  out.soft_purged = fate == Fate::Soft || record->was_purged();
  const uint64_t body_at = sizeof(RecordHeader) + record->header.parts_size();
  const Found result =
      read_body(*record, std::string_view(bytes).substr(body_at), at + body_at, out);
  if (result != Found::Yes) return result;
  // A purge that came while the body was read counts.
  const Fate now = book.judge({record->header.sequence, hash, record->key, record->head});
  if (now == Fate::Gone) {
    out = {};
    return Found::Gone;
  }
  out.soft_purged = out.soft_purged || now == Fate::Soft;
  return Found::Yes;
}

// `there`: as much of the body as was read with the head; `at`: where the body begins.
Volume::Found Volume::read_body(const RecordView& record, std::string_view there, uint64_t at,
                                Reading& out) {
  const uint64_t size = record.header.body_size;
  Checksum sum(block_.volume_id);
  std::vector<cache::SegmentRef> body;
  for (uint64_t done = 0; done < size;) {
    std::string piece;
    if (done < there.size()) {
      piece = there.substr(done, std::min(size - done, kSegment));
    } else {
      piece.resize(std::min(size - done, kSegment));
      const auto got = file_->read(at + done, piece);
      if (!got) return Found::DeviceFailed;
      if (*got < piece.size()) return Found::Bad;
      counters_.bytes_read.fetch_add(*got, std::memory_order_relaxed);
    }
    sum.add(piece);
    done += piece.size();
    body.push_back(cache::SegmentRef::adopt(std::move(piece)));
  }
  if (sum.value() != record.header.body_sum) return Found::Bad;
  auto object = cache::make_object({.key = record.key,
                                    .variant_key = record.variant_key,
                                    .head = record.head,
                                    .status = record.header.status,
                                    .meta = record.meta(),
                                    .soft_purged = out.soft_purged},
                                   std::move(body));
  if (!object) return Found::Bad;
  out.object = *std::move(object);
  return Found::Yes;
}

}  // namespace atl::disk
