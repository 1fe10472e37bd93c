// Volume: the index after a start. Writer's thread only.

#include <algorithm>
#include <utility>

#include "edge/disk/volume.h"

namespace atl::disk {

Result<void> Volume::recover() {
  std::vector<Survey> surveys;
  std::string bytes(sizeof(RegionHeader), '\0');
  for (uint32_t i = 0; i < block_.regions; ++i) {
    const auto got = file_->read(region_at(i), bytes);
    if (!got) return failed(got.error());
    if (*got < bytes.size()) continue;
    const auto header = parse_region(bytes, block_.volume_id);
    if (header) surveys.push_back({i, header->generation});
  }
  // In the order in which they were written: the later record of a key takes the earlier one's
  // place.
  std::sort(surveys.begin(), surveys.end(),
            [](const Survey& a, const Survey& b) { return a.generation < b.generation; });
  for (const Survey& survey : surveys) {
    {
      const std::lock_guard lock(regions_mutex_);
      regions_[survey.region] = {.generation = survey.generation};
    }
    generation_ = survey.generation;
    if (auto done = recover_region(survey); !done) return done;
  }
  filling_ = surveys.size() + 1 < block_.regions;
  return {};
}

Result<void> Volume::recover_region(const Survey& survey) {
  if (load_footer(survey)) return {};
  if (auto scanned = scan_region(survey); !scanned) return scanned;
  // From now on it is a full region like the others.
  current_ = survey.region;
  return seal();
}

bool Volume::load_footer(const Survey& survey) {
  const uint64_t end = region_at(survey.region) + block_.region_size;
  std::string footer(sizeof(FooterTrailer), '\0');
  const auto got = file_->read(end - footer.size(), footer);
  if (!got || *got < footer.size()) return false;
  const auto trailer = parse_trailer(footer, block_.region_size);
  if (!trailer || trailer->generation != survey.generation) return false;
  footer.resize(trailer->count * sizeof(FooterEntry) + sizeof(FooterTrailer));
  const auto all = file_->read(end - footer.size(), footer);
  if (!all || *all < footer.size() || !footer_is_sound(footer, block_.volume_id)) return false;
  for (uint32_t i = 0; i < trailer->count; ++i) {
    FooterEntry entry;
    footer.copy(reinterpret_cast<char*>(&entry), sizeof(entry), i * sizeof(entry));
    if (entry.unit < units_per_region()) adopt(survey.region, entry, trailer->least_sequence);
  }
  return true;
}

// A damaged record hides none of those behind it.
Result<void> Volume::scan_region(const Survey& survey) {
  entries_.clear();
  std::string bytes(block_.region_size, '\0');
  const auto got = file_->read(region_at(survey.region), bytes);
  if (!got) return failed(got.error());
  bytes.resize(*got);
  for (uint64_t at = rounded(sizeof(RegionHeader)); at + sizeof(RecordHeader) <= bytes.size();) {
    const std::string_view rest = std::string_view(bytes).substr(at);
    const auto record = parse_record(rest, rest.size(), block_.volume_id);
    const bool ours = record && record->header.generation == survey.generation;
    const uint64_t body_at = ours ? sizeof(RecordHeader) + record->header.parts_size() : 0;
    if (!ours || checksum(rest.substr(body_at, record->header.body_size), block_.volume_id) !=
                     record->header.body_sum) {
      at += block_.unit;
      continue;
    }
    const uint64_t size = rounded(record->header.size());
    const FooterEntry entry{
        .hash = record->header.hash,
        .unit = static_cast<uint32_t>(at / block_.unit),
        .variant_mark = static_cast<uint8_t>(record->header.variant_mark & 0x7F),
        .size_class = size_class_of(size / block_.unit)};
    entries_.push_back(entry);
    adopt(survey.region, entry, record->header.sequence);
    at += size;
  }
  return {};
}

void Volume::adopt(uint32_t region, const FooterEntry& entry, uint64_t sequence) {
  index_.insert(entry.hash, {.unit = region * units_per_region() + entry.unit,
                             .variant_mark = entry.variant_mark,
                             .size_class = entry.size_class});
  const std::lock_guard lock(regions_mutex_);
  Region& known = regions_[region];
  known.least_sequence = std::min(known.least_sequence, sequence);
}

}  // namespace atl::disk
