// A volume whose regions hold what the input says: first a byte of choices, then bytes that are
// laid over the beginning of the first region, or over its end. The checksums that the choices name
// are made right, so that what comes behind them is reached. Whatever is in there, recovery ends,
// and an object that is read is the one that was asked for.

#include <array>
#include <cstring>
#include <string>
#include <string_view>

#include "edge/disk/volume.h"
#include "lib/base/check.h"

using namespace atl;
using namespace atl::disk;

namespace {

constexpr uint64_t kRegion = 64 * 1024;
constexpr uint64_t kId = 77;
constexpr size_t kSum = sizeof(uint64_t);

class MemoryFile final : public File {
 public:
  explicit MemoryFile(std::string& bytes) : bytes_(bytes) {}
  Result<size_t> read(uint64_t at, std::span<char> out) override {
    return at >= bytes_.size() ? 0 : bytes_.copy(out.data(), out.size(), at);
  }
  Result<void> write(uint64_t at, std::string_view bytes) override {
    ATOLL_CHECK(at + bytes.size() <= bytes_.size());
    bytes_.replace(at, bytes.size(), bytes);
    return {};
  }
  Result<void> sync() override { return {}; }

 private:
  std::string& bytes_;
};

void put_sum(std::string& bytes, uint64_t at, uint64_t sum) {
  std::memcpy(bytes.data() + at, &sum, kSum);
}

void repair_region(std::string& bytes, uint64_t at) {
  RegionHeader header;
  std::memcpy(&header, bytes.data() + at, sizeof(header));
  header.magic = kRegionMagic;
  const std::string sound = encode(header, kId);
  bytes.replace(at, sound.size(), sound);
}

void repair_record(std::string& bytes, uint64_t at) {
  RecordHeader header;
  std::memcpy(&header, bytes.data() + at, sizeof(header));
  const uint64_t length = sizeof(header) - kSum + header.parts_size();
  if (at + kSum + length > bytes.size()) return;
  put_sum(bytes, at, checksum(std::string_view(bytes).substr(at + kSum, length), kId));
}

void repair_footer(std::string& bytes, uint64_t region) {
  const uint64_t end = region + kRegion;
  FooterTrailer trailer;
  std::memcpy(&trailer, bytes.data() + end - sizeof(trailer), sizeof(trailer));
  if (trailer.count > 4000) return;
  std::vector<FooterEntry> entries(trailer.count);
  const uint64_t at = end - sizeof(trailer) - entries.size() * sizeof(FooterEntry);
  std::memcpy(entries.data(), bytes.data() + at, entries.size() * sizeof(FooterEntry));
  const std::string footer = encode_footer(trailer, entries, kId);
  bytes.replace(at, footer.size(), footer);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1 || size > kRegion) return 0;
  const uint8_t choice = data[0];
  const std::string_view input{reinterpret_cast<const char*>(data) + 1, size - 1};
  std::string bytes = encode(
      Superblock{.unit = 64, .region_size = kRegion, .regions = 4, .volume_id = kId, .tier_id = 1});
  bytes.resize(kSuperblockBytes + 4 * kRegion);
  const uint64_t region = kSuperblockBytes;
  const bool at_end = (choice & 1) != 0;
  bytes.replace(at_end ? region + kRegion - input.size() : region, input.size(), input);
  if (at_end) bytes.replace(region, 64, encode(RegionHeader{.generation = 1}, kId));
  if ((choice & 2) != 0) repair_region(bytes, region);
  if ((choice & 4) != 0) repair_record(bytes, region + 64);
  if ((choice & 8) != 0) repair_footer(bytes, region);

  const auto opened =
      Volume::open({.path = "volume", .size = bytes.size(), .region_size = kRegion, .tier_id = 1},
                   [&](const std::string&, uint64_t) -> Result<std::unique_ptr<File>> {
                     return std::make_unique<MemoryFile>(bytes);
                   });
  ATOLL_CHECK(opened.has_value());
  Volume& volume = **opened;
  ATOLL_CHECK(volume.recover().has_value());
  const PurgeBook book(Matchers{});
  for (const uint64_t hash : {uint64_t{0}, uint64_t{1}, uint64_t{0x6161616161616161}}) {
    const auto reading = volume.read("aaaa", hash, book, [](std::string_view) { return true; });
    if (reading.object) ATOLL_CHECK(reading.object->key() == "aaaa");
  }
  return 0;
}
