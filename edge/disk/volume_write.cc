// Volume: appending, sealing, reclaiming. Writer's thread only.

#include <algorithm>
#include <utility>

#include "edge/disk/volume.h"

namespace atl::disk {
namespace {

// What is written at once.
constexpr size_t kBatch = 1 << 20;

Error too_large() {
  return {Code::TooLarge, Side::Self, false, "no region of the volume holds so large an object"};
}

}  // namespace

// Room for the record, for its line in the footer, and for those of what is there already.
bool Volume::fits(uint64_t bytes) const {
  const uint64_t lines = entries_.size() + pending_.size() + 1;
  return rounded(written_ + buffer_.size()) + rounded(bytes) + lines * sizeof(FooterEntry) +
             sizeof(FooterTrailer) <=
         block_.region_size;
}

Result<void> Volume::append(const cache::Object& object, const Item& item, const PurgeBook& book,
                            const std::function<bool(uint64_t bytes)>& reinsert) {
  const uint64_t bytes = record_size(object);
  if (bytes > largest_record()) return std::unexpected(too_large());
  if (auto room = make_room(bytes, book, reinsert); !room) return room;
  const RecordHeader header =
      describe(object, {.generation = generation_, .sequence = item.sequence, .hash = item.hash},
               block_.volume_id);
  std::string parts;
  parts.reserve(header.parts_size());
  parts.append(object.key()).append(object.variant_key()).append(object.head());
  auto written = write_record(header, parts, [&]() -> Result<void> {
    for (size_t i = 0; i < object.segment_count(); ++i) {
      if (auto put_in = put(object.segment(i)); !put_in) return put_in;
    }
    return {};
  });
  if (written) counters_.records_written.fetch_add(1, std::memory_order_relaxed);
  return written;
}

Result<void> Volume::write_record(const RecordHeader& header, std::string_view parts,
                                  const std::function<Result<void>()>& write_body) {
  const uint64_t at = written_ + buffer_.size();
  std::string head;
  write_head(header, parts, block_.volume_id, head);
  // A footer or a scan must never make a record known whose age the region does not.
  {
    const std::lock_guard lock(regions_mutex_);
    Region& region = regions_[*current_];
    region.least_sequence = std::min(region.least_sequence, header.sequence);
  }
  auto done = put(head);
  if (done) done = write_body();
  if (done) done = pad();
  if (!done) return done;
  const uint64_t end = written_ + buffer_.size();
  pending_.push_back({.entry = {.hash = header.hash,
                                .unit = static_cast<uint32_t>(at / block_.unit),
                                .variant_mark = static_cast<uint8_t>(header.variant_mark),
                                .size_class = size_class_of((end - at) / block_.unit)},
                      .end = end,
                      .sequence = header.sequence});
  if (buffer_.size() >= kBatch) return flush();
  return {};
}

Result<void> Volume::put(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kBatch - std::min(kBatch, buffer_.size()));
    buffer_.append(piece);
    bytes.remove_prefix(piece.size());
    if (bytes.empty()) break;
    if (auto written = write_out(); !written) return written;
  }
  return {};
}

Result<void> Volume::pad() {
  const uint64_t end = written_ + buffer_.size();
  buffer_.append(rounded(end) - end, '\0');
  return {};
}

Result<void> Volume::write_out() {
  if (buffer_.empty()) return {};
  if (auto written = file_->write(region_at(*current_) + written_, buffer_); !written) {
    return failed(written.error());
  }
  counters_.bytes_written.fetch_add(buffer_.size(), std::memory_order_relaxed);
  written_ += buffer_.size();
  buffer_.clear();
  publish();
  return {};
}

Result<void> Volume::flush() { return write_out(); }

void Volume::publish() {
  size_t count = 0;
  for (; count < pending_.size() && pending_[count].end <= written_; ++count) {
    const Pending& ready = pending_[count];
    entries_.push_back(ready.entry);
    index_.insert(ready.entry.hash, {.unit = *current_ * units_per_region() + ready.entry.unit,
                                     .variant_mark = ready.entry.variant_mark,
                                     .size_class = ready.entry.size_class});
    durable_ = ready.end;
  }
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(count));
}

// Whatever was not published is written over by what comes next.
void Volume::roll_back() {
  buffer_.clear();
  pending_.clear();
  written_ = durable_;
}

Result<void> Volume::failed(Error error) {
  counters_.io_errors.fetch_add(1, std::memory_order_relaxed);
  unsure_ = true;
  roll_back();
  return std::unexpected(error);
}

Result<void> Volume::make_room(uint64_t bytes, const PurgeBook& book,
                               const std::function<bool(uint64_t)>& reinsert) {
  // Reinserted records may fill a region, but at most half of one, so this ends.
  while (!current_ || !fits(bytes)) {
    if (current_) {
      if (auto flushed = flush(); !flushed) return flushed;
      if (auto sealed = seal(); !sealed) return sealed;
    }
    auto next = free_region();
    if (!next) {  // only after a failure between the two steps below
      if (auto reclaimed = reclaim(oldest_region(), book, {}); !reclaimed) return reclaimed;
      next = free_region();
    }
    if (auto opened = open_region(*next); !opened) return opened;
    // One region is always free, so that what is worth keeping has somewhere to go.
    if (free_region()) continue;
    filling_ = false;
    if (auto reclaimed = reclaim(oldest_region(), book, reinsert); !reclaimed) return reclaimed;
  }
  return {};
}

std::optional<uint32_t> Volume::free_region() const {
  const std::lock_guard lock(regions_mutex_);
  for (uint32_t i = 0; i < regions_.size(); ++i) {
    if (regions_[i].generation == 0) return i;
  }
  return std::nullopt;
}

uint32_t Volume::oldest_region() const {
  const std::lock_guard lock(regions_mutex_);
  uint32_t oldest = 0;
  uint64_t least = UINT64_MAX;
  for (uint32_t i = 0; i < regions_.size(); ++i) {
    if (i == current_ || regions_[i].generation == 0 || regions_[i].generation >= least) continue;
    oldest = i;
    least = regions_[i].generation;
  }
  return oldest;
}

Result<void> Volume::open_region(uint32_t region) {
  const RegionHeader header{.generation = generation_ + 1};
  const std::string bytes = encode(header, block_.volume_id);
  if (auto written = file_->write(region_at(region), bytes); !written) {
    return failed(written.error());
  }
  ++generation_;
  {
    const std::lock_guard lock(regions_mutex_);
    regions_[region] = {.generation = generation_};
  }
  current_ = region;
  written_ = durable_ = rounded(sizeof(RegionHeader));
  entries_.clear();
  return {};
}

// Afterwards the region can be recovered without reading its records.
Result<void> Volume::seal() {
  FooterTrailer trailer{.count = static_cast<uint32_t>(entries_.size()), .generation = generation_};
  {
    const std::lock_guard lock(regions_mutex_);
    trailer.least_sequence = regions_[*current_].least_sequence;
  }
  const std::string footer = encode_footer(trailer, entries_, block_.volume_id);
  const uint64_t at = region_at(*current_) + block_.region_size - footer.size();
  current_ = std::nullopt;  // sealed or not, nothing is added to it any more
  entries_.clear();
  auto done = file_->write(at, footer);
  if (done) done = file_->sync();
  if (!done) {
    seal_lost_ = true;
    return failed(done.error());
  }
  // Nothing but what the footer lists will be found in it.
  if (!seal_lost_) unsure_ = false;
  counters_.bytes_written.fetch_add(footer.size(), std::memory_order_relaxed);
  return {};
}

// The order matters: what is copied can be found at its new place before the old one goes, and the
// old region cannot come back after a crash once its entries have left the index (an invalidation
// in between would not know of them).
Result<void> Volume::reclaim(uint32_t region, const PurgeBook& book,
                             const std::function<bool(uint64_t)>& reinsert) {
  const uint32_t first = region * units_per_region();
  const uint32_t last = first + units_per_region();
  std::vector<uint32_t> touched;
  if (reinsert) {
    index_.visit(first, last, [&](const Index::Entry& entry) {
      if (entry.touched) touched.push_back(entry.unit);
    });
  }
  std::sort(touched.begin(), touched.end());
  for (const uint32_t unit : touched) {
    if (written_ + buffer_.size() > block_.region_size / 2) break;
    if (auto copied = copy_record(unit, book, reinsert); !copied) return copied;
  }
  if (current_) {
    if (auto flushed = flush(); !flushed) return flushed;
  }
  const std::string nothing(sizeof(RegionHeader), '\0');
  auto done = file_->write(region_at(region), nothing);
  if (done) done = file_->sync();
  if (!done) return failed(done.error());
  index_.erase_range(first, last);
  const std::lock_guard lock(regions_mutex_);
  regions_[region] = {};
  counters_.regions_reclaimed.fetch_add(1, std::memory_order_relaxed);
  return {};
}

// A record that cannot be read, does not fit or was purged is simply not copied.
Result<void> Volume::copy_record(uint32_t unit, const PurgeBook& book,
                                 const std::function<bool(uint64_t)>& reinsert) {
  const uint32_t region = unit / units_per_region();
  const uint64_t offset = uint64_t{unit % units_per_region()} * block_.unit;
  const uint64_t room = block_.region_size - offset;
  std::string bytes(std::min(room, kRecordHead), '\0');
  if (const auto got = file_->read(region_at(region) + offset, bytes);
      !got || *got < bytes.size()) {
    return {};
  }
  const auto record = parse_record(bytes, room, block_.volume_id);
  if (!record || record->header.generation != generation_of(unit)) return {};
  const Fate fate =
      book.judge({record->header.sequence, record->header.hash, record->key, record->head});
  const uint64_t size = record->header.size();
  if (fate == Fate::Gone || !index_.holds(record->header.hash, unit) || !fits(size) ||
      !reinsert(size)) {
    return {};
  }
  const uint64_t body_at = sizeof(RecordHeader) + record->header.parts_size();
  std::string body(record->header.body_size, '\0');
  const auto got = file_->read(region_at(region) + offset + body_at, body);
  if (!got || *got < body.size() || checksum(body, block_.volume_id) != record->header.body_sum) {
    return {};
  }
  RecordHeader header = record->header;
  header.generation = generation_;
  const std::string parts = bytes.substr(sizeof(RecordHeader), header.parts_size());
  auto written = write_record(header, parts, [&] { return put(body); });
  if (written) counters_.records_reinserted.fetch_add(1, std::memory_order_relaxed);
  return written;
}

}  // namespace atl::disk
