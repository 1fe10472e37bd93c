#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "edge/cache/object.h"
#include "lib/base/error.h"

// The bytes of a volume (docs/disk-format.md). Little-endian; every sum is XXH3-64, seeded with the
// volume's id, so that nothing an earlier use of the same space left behind is taken for ours.
namespace atl::disk {

static_assert(std::endian::native == std::endian::little, "structures are stored as they are");

inline constexpr uint32_t kFormatVersion = 1;
inline constexpr uint64_t kSuperblockBytes = 4096;
inline constexpr std::array<char, 8> kVolumeMagic{'A', 'T', 'O', 'L', 'L', 'V', 'O', 'L'};
inline constexpr uint32_t kRegionMagic = 0x4E475241;  // "ARGN"
inline constexpr uint32_t kRecordMagic = 0x43455241;  // "AREC"
inline constexpr uint32_t kFooterMagic = 0x544F4641;  // "AFOT"

struct Superblock {
  uint64_t sum = 0;  // of what follows
  std::array<char, 8> magic = kVolumeMagic;
  uint32_t version = kFormatVersion;
  uint32_t unit = 0;  // bytes; records begin at multiples of it
  uint64_t region_size = 0;
  uint32_t regions = 0;
  uint32_t number = 0;  // place in the tier
  uint64_t volume_id = 0;
  uint64_t tier_id = 0;  // of the purge journal this volume depends on
};
static_assert(sizeof(Superblock) == 56);

struct RegionHeader {
  uint64_t sum = 0;
  uint32_t magic = kRegionMagic;
  uint32_t zero = 0;
  uint64_t generation = 0;  // from 1; grows with every region begun
  std::array<uint64_t, 5> reserved{};
};
static_assert(sizeof(RegionHeader) == 64);

struct RecordHeader {
  uint64_t sum = 0;  // of what follows here, and of key, variant key and head
  uint32_t magic = kRecordMagic;
  uint16_t status = 0;
  uint16_t flags = 0;       // cache::Meta::flags; kPurged: soft-purged when it was written
  uint64_t generation = 0;  // of the region
  uint64_t sequence = 0;    // order among objects and purges of the tier
  uint64_t hash = 0;        // of the key
  uint64_t body_sum = 0;
  uint64_t body_size = 0;
  uint16_t key_size = 0;
  uint16_t variant_size = 0;
  uint16_t head_size = 0;
  uint16_t variant_mark = 0;  // variant_mark_of()
  int64_t response_time_ms = 0;
  uint32_t initial_age = 0;
  uint32_t lifetime = 0;
  uint32_t stale_while_revalidate = 0;
  uint32_t stale_if_error = 0;
  uint32_t stale_if_disconnected = 0;
  uint32_t zero = 0;

  uint64_t parts_size() const { return uint64_t{key_size} + variant_size + head_size; }
  uint64_t size() const { return sizeof(RecordHeader) + parts_size() + body_size; }
};
static_assert(sizeof(RecordHeader) == 96);

struct FooterEntry {
  uint64_t hash = 0;
  uint32_t unit = 0;  // from the beginning of the region
  uint8_t variant_mark = 0;
  uint8_t size_class = 0;
  uint16_t zero = 0;
};
static_assert(sizeof(FooterEntry) == 16);

// The last bytes of a region that is full; its entries come right before it.
struct FooterTrailer {
  uint64_t sum = 0;  // of what follows here, then of the entries
  uint32_t magic = kFooterMagic;
  uint32_t count = 0;
  uint64_t generation = 0;
  uint64_t least_sequence = 0;
};
static_assert(sizeof(FooterTrailer) == 32);

// Key, variant key and head of the largest record fit into this much of its beginning.
inline constexpr uint64_t kRecordHead = 256 * 1024;
static_assert(sizeof(RecordHeader) + 3 * cache::kMaxObjectPart <= kRecordHead);

uint64_t checksum(std::string_view bytes, uint64_t volume_id);

// XXH3-64 of bytes that come in pieces.
class Checksum {
 public:
  explicit Checksum(uint64_t volume_id);
  ~Checksum();
  Checksum(const Checksum&) = delete;
  Checksum& operator=(const Checksum&) = delete;
  void add(std::string_view bytes);
  uint64_t value() const;

 private:
  void* state_;
};

// A record of an object, except for its body: header, key, variant key, head. Replaces `out`.
struct RecordPlace {
  uint64_t generation = 0;
  uint64_t sequence = 0;
  uint64_t hash = 0;
};
RecordHeader describe(const cache::Object& object, const RecordPlace& place, uint64_t volume_id);
uint64_t record_size(const cache::Object& object);  // without padding
void write_head(RecordHeader header, std::string_view parts, uint64_t volume_id, std::string& out);

// Views into the bytes that were parsed.
struct RecordView {
  RecordHeader header;
  std::string_view key;
  std::string_view variant_key;
  std::string_view head;
  cache::Meta meta() const;  // without kPurged
  bool was_purged() const { return (header.flags & cache::Meta::kPurged) != 0; }
};

// `bytes` begin at the record and hold its key, variant key and head; the body need not be there.
// `room`: bytes to the end of what the record may take. Invalid when it is not a sound record.
Result<RecordView> parse_record(std::string_view bytes, uint64_t room, uint64_t volume_id);

std::string encode(Superblock block);  // sum filled in; kSuperblockBytes long
std::string encode(RegionHeader header, uint64_t volume_id);
std::string encode_footer(FooterTrailer trailer, std::span<const FooterEntry> entries,
                          uint64_t volume_id);

// What the beginning of a file says it is.
enum class Sort : uint8_t { Volume, Blank, OtherVersion, Alien };
Sort parse_superblock(std::string_view bytes, Superblock& out);

Result<RegionHeader> parse_region(std::string_view bytes, uint64_t volume_id);
// The trailer alone says how many entries there are; its sum needs them.
Result<FooterTrailer> parse_trailer(std::string_view bytes, uint64_t region_size);
bool footer_is_sound(std::string_view footer, uint64_t volume_id);  // entries and trailer

// A byte that says how many units a record takes, rounded up by an eighth at most.
uint8_t size_class_of(uint64_t units);
uint64_t units_of(uint8_t size_class);

// Seven bits that tell variants of one key apart, most of the time.
uint8_t variant_mark_of(std::string_view variant_key);

}  // namespace atl::disk
