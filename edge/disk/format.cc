#include "edge/disk/format.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cstring>

namespace atl::disk {
namespace {

constexpr size_t kSum = sizeof(uint64_t);

template <class T>
std::string_view bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof(T)};
}

template <class T>
bool load(std::string_view bytes, T& out) {
  if (bytes.size() < sizeof(T)) return false;
  std::memcpy(&out, bytes.data(), sizeof(T));
  return true;
}

std::unexpected<Error> unsound(const char* why) {
  return std::unexpected(Error{Code::Invalid, Side::Self, false, why});
}

XXH3_state_t* state_of(void* state) { return static_cast<XXH3_state_t*>(state); }

}  // namespace

uint64_t checksum(std::string_view bytes, uint64_t volume_id) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), volume_id);
}

Checksum::Checksum(uint64_t volume_id) : state_(XXH3_createState()) {
  XXH3_64bits_reset_withSeed(state_of(state_), volume_id);
}
Checksum::~Checksum() { XXH3_freeState(state_of(state_)); }
void Checksum::add(std::string_view bytes) {
  if (!bytes.empty()) XXH3_64bits_update(state_of(state_), bytes.data(), bytes.size());
}
uint64_t Checksum::value() const { return XXH3_64bits_digest(state_of(state_)); }

RecordHeader describe(const cache::Object& object, const RecordPlace& place, uint64_t volume_id) {
  const cache::Meta meta = object.meta();
  RecordHeader header;
  header.status = object.status();
  header.flags = meta.flags;
  header.generation = place.generation;
  header.sequence = place.sequence;
  header.hash = place.hash;
  header.body_size = object.body_size();
  header.key_size = static_cast<uint16_t>(object.key().size());
  header.variant_size = static_cast<uint16_t>(object.variant_key().size());
  header.head_size = static_cast<uint16_t>(object.head().size());
  header.variant_mark = variant_mark_of(object.variant_key());
  header.response_time_ms = meta.response_time.time_since_epoch().count();
  header.initial_age = meta.corrected_initial_age;
  header.lifetime = meta.lifetime;
  header.stale_while_revalidate = meta.stale_while_revalidate;
  header.stale_if_error = meta.stale_if_error;
  header.stale_if_disconnected = meta.stale_if_disconnected;
  Checksum body(volume_id);
  for (size_t i = 0; i < object.segment_count(); ++i) body.add(object.segment(i));
  header.body_sum = body.value();
  return header;
}

uint64_t record_size(const cache::Object& object) {
  return sizeof(RecordHeader) + object.key().size() + object.variant_key().size() +
         object.head().size() + object.body_size();
}

void write_head(RecordHeader header, std::string_view parts, uint64_t volume_id, std::string& out) {
  out.assign(bytes_of(header));
  out.append(parts);
  header.sum = checksum(std::string_view(out).substr(kSum), volume_id);
  std::memcpy(out.data(), &header.sum, kSum);
}

cache::Meta RecordView::meta() const {
  cache::Meta meta;
  meta.response_time = WallTime{std::chrono::milliseconds{header.response_time_ms}};
  meta.corrected_initial_age = header.initial_age;
  meta.lifetime = header.lifetime;
  meta.stale_while_revalidate = header.stale_while_revalidate;
  meta.stale_if_error = header.stale_if_error;
  meta.stale_if_disconnected = header.stale_if_disconnected;
  meta.flags = header.flags & static_cast<uint16_t>(~cache::Meta::kPurged);
  return meta;
}

Result<RecordView> parse_record(std::string_view bytes, uint64_t room, uint64_t volume_id) {
  RecordView view;
  if (!load(bytes, view.header)) return unsound("the record is cut off");
  const RecordHeader& header = view.header;
  if (header.magic != kRecordMagic) return unsound("no record begins here");
  const uint64_t parts = header.parts_size();
  if (parts > bytes.size() - sizeof(RecordHeader)) return unsound("the record's head is cut off");
  // Sizes first: the sum of two of them must not overflow.
  if (header.body_size > room || header.size() > room) return unsound("the record is too long");
  if (checksum(bytes.substr(kSum, sizeof(RecordHeader) - kSum + parts), volume_id) != header.sum) {
    return unsound("the record's checksum is wrong");
  }
  bytes.remove_prefix(sizeof(RecordHeader));
  view.key = bytes.substr(0, header.key_size);
  view.variant_key = bytes.substr(header.key_size, header.variant_size);
  view.head = bytes.substr(size_t{header.key_size} + header.variant_size, header.head_size);
  return view;
}

std::string encode(Superblock block) {
  block.sum = checksum(bytes_of(block).substr(kSum), block.volume_id);
  std::string out(bytes_of(block));
  out.resize(kSuperblockBytes);
  return out;
}

std::string encode(RegionHeader header, uint64_t volume_id) {
  header.sum = checksum(bytes_of(header).substr(kSum), volume_id);
  return std::string(bytes_of(header));
}

std::string encode_footer(FooterTrailer trailer, std::span<const FooterEntry> entries,
                          uint64_t volume_id) {
  const std::string_view list{reinterpret_cast<const char*>(entries.data()), entries.size_bytes()};
  Checksum sum(volume_id);
  sum.add(bytes_of(trailer).substr(kSum));
  sum.add(list);
  trailer.sum = sum.value();
  std::string out(list);
  out.append(bytes_of(trailer));
  return out;
}

Sort parse_superblock(std::string_view bytes, Superblock& out) {
  if (!load(bytes, out)) return Sort::Alien;
  if (out.magic != kVolumeMagic) {
    const bool blank = std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == 0; });
    return blank ? Sort::Blank : Sort::Alien;
  }
  if (out.version != kFormatVersion) return Sort::OtherVersion;
  if (checksum(bytes_of(out).substr(kSum), out.volume_id) != out.sum) return Sort::Alien;
  // A sound checksum does not make sound numbers.
  const bool sane = out.unit >= 64 && std::has_single_bit(out.unit) && out.regions >= 4 &&
                    out.region_size >= 64 * 1024 && out.region_size <= (uint64_t{1} << 30) &&
                    out.region_size % out.unit == 0 &&
                    out.region_size / out.unit * out.regions < UINT32_MAX;
  return sane ? Sort::Volume : Sort::Alien;
}

Result<RegionHeader> parse_region(std::string_view bytes, uint64_t volume_id) {
  RegionHeader header;
  if (!load(bytes, header) || header.magic != kRegionMagic || header.generation == 0) {
    return unsound("no region begins here");
  }
  if (checksum(bytes_of(header).substr(kSum), volume_id) != header.sum) {
    return unsound("the region's checksum is wrong");
  }
  return header;
}

Result<FooterTrailer> parse_trailer(std::string_view bytes, uint64_t region_size) {
  FooterTrailer trailer;
  if (!load(bytes, trailer) || trailer.magic != kFooterMagic) return unsound("no footer is here");
  if (trailer.count > (region_size - sizeof(FooterTrailer)) / sizeof(FooterEntry)) {
    return unsound("the footer is longer than its region");
  }
  return trailer;
}

bool footer_is_sound(std::string_view footer, uint64_t volume_id) {
  FooterTrailer trailer;
  if (footer.size() < sizeof(trailer)) return false;
  const std::string_view entries = footer.substr(0, footer.size() - sizeof(trailer));
  load(footer.substr(entries.size()), trailer);
  if (entries.size() != uint64_t{trailer.count} * sizeof(FooterEntry)) return false;
  Checksum sum(volume_id);
  sum.add(bytes_of(trailer).substr(kSum));
  sum.add(entries);
  return sum.value() == trailer.sum;
}

uint8_t size_class_of(uint64_t units) {
  if (units < 16) return static_cast<uint8_t>(units);
  unsigned exponent = static_cast<unsigned>(std::bit_width(units)) - 4;
  uint64_t mantissa = (units + (uint64_t{1} << exponent) - 1) >> exponent;
  if (mantissa == 16) {
    mantissa = 8;
    ++exponent;
  }
  return static_cast<uint8_t>(16 + (exponent - 1) * 8 + (mantissa - 8));
}

uint64_t units_of(uint8_t size_class) {
  if (size_class < 16) return size_class;
  const unsigned rest = size_class - 16U;
  return uint64_t{8 + rest % 8} << (rest / 8 + 1);
}

uint8_t variant_mark_of(std::string_view variant_key) {
  return variant_key.empty() ? 0 : static_cast<uint8_t>(checksum(variant_key, 0) & 0x7F);
}

}  // namespace atl::disk
