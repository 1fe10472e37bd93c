#include "edge/disk/volume.h"

#include <errno.h>
#include <fmt/format.h>
#include <stdio.h>
#include <string.h>

#include <algorithm>
#include <bit>
#include <random>
#include <utility>

#include "lib/base/log.h"

namespace atl::disk {
namespace {

constexpr uint64_t kLeastRegion = 1 << 20;
constexpr uint64_t kMostRegion = 64 << 20;

// Some 64 regions, so that reclaiming one costs a small part of the content.
uint64_t region_size_for(uint64_t size) {
  return std::clamp(std::bit_floor(size / 64), kLeastRegion, kMostRegion);
}

// The smallest unit by which 32 bits count the whole volume.
uint32_t unit_for(uint64_t size) {
  uint32_t unit = 64;
  while (size / unit >= UINT32_MAX) unit *= 2;
  return unit;
}

Superblock plan(const VolumeOptions& options) {
  std::random_device device;
  Superblock block;
  block.region_size =
      options.region_size != 0 ? options.region_size : region_size_for(options.size);
  block.unit = unit_for(options.size);
  block.regions = static_cast<uint32_t>((options.size - kSuperblockBytes) / block.region_size);
  block.number = options.number;
  block.tier_id = options.tier_id;
  block.volume_id = uint64_t{device()} << 32 | device();
  return block;
}

// Why a file that is there cannot be used; empty when it can, or when it is blank.
std::string objection(Sort sort, const Superblock& found, const Superblock& wanted) {
  switch (sort) {
    case Sort::Blank:
      return {};
    case Sort::OtherVersion:
      return fmt::format("a volume of format version {}, this program knows {}", found.version,
                         kFormatVersion);
    case Sort::Alien:
      return "not a volume of this program, or its first block is damaged";
    case Sort::Volume:
      break;
  }
  if (found.tier_id != wanted.tier_id) return "a volume of another node, or of a lost state_dir";
  if (found.number != wanted.number) {
    return fmt::format("volume {} of this node, listed as volume {}", found.number, wanted.number);
  }
  if (found.region_size != wanted.region_size || found.regions != wanted.regions ||
      found.unit != wanted.unit) {
    return "a volume of this node, of another size";
  }
  return {};
}

std::expected<std::string, std::string> first_block(File& file, const std::string& path) {
  std::string bytes(kSuperblockBytes, '\0');
  const auto got = file.read(0, bytes);
  if (!got) return std::unexpected(path + ": " + got.error().detail);
  bytes.resize(*got);
  return bytes;
}

}  // namespace

std::expected<std::unique_ptr<Volume>, std::string> Volume::open(const VolumeOptions& options,
                                                                 const OpenFile& open_file) {
  const std::string& path = options.path;
  const Superblock wanted = plan(options);
  if (options.size < kSuperblockBytes + 4 * wanted.region_size) {
    return std::unexpected(fmt::format("{}: a volume needs {} bytes at least", path,
                                       kSuperblockBytes + 4 * wanted.region_size));
  }
  // Looked at first as it is: a file that is not ours is left as it was.
  auto file = open_file(path, 0);
  if (!file) return std::unexpected(path + ": " + file.error().detail);
  const auto bytes = first_block(**file, path);
  if (!bytes) return std::unexpected(bytes.error());
  *file = nullptr;
  Superblock found;
  const Sort sort = bytes->empty() ? Sort::Blank : parse_superblock(*bytes, found);
  if (const std::string wrong = objection(sort, found, wanted); !wrong.empty()) {
    if (!options.put_aside) {
      return std::unexpected(
          fmt::format("{}: {}; remove it, or set unreadable = \"put-aside\"", path, wrong));
    }
    const std::string aside = path + ".aside";
    if (rename(path.c_str(), aside.c_str()) != 0) {
      return std::unexpected(fmt::format("{}: {}; and it cannot be put aside", path, wrong));
    }
    log_warn("{}: {}; put aside as {}", path, wrong, aside);
    VolumeOptions again = options;
    again.put_aside = false;
    return open(again, open_file);
  }
  file = open_file(path, options.size);
  if (!file) return std::unexpected(path + ": " + file.error().detail);
  if (sort == Sort::Volume) {
    return std::unique_ptr<Volume>(new Volume(path, *std::move(file), found));
  }
  const auto written = (*file)->write(0, encode(wanted));
  const auto synced = written ? (*file)->sync() : written;
  if (!synced) return std::unexpected(path + ": " + synced.error().detail);
  return std::unique_ptr<Volume>(new Volume(path, *std::move(file), wanted));
}

Volume::Volume(std::string path, std::unique_ptr<File> file, const Superblock& block)
    : path_(std::move(path)), file_(std::move(file)), block_(block), regions_(block.regions) {}

Volume::~Volume() = default;

uint64_t Volume::largest_record() const {
  return block_.region_size - sizeof(RegionHeader) - block_.unit - sizeof(FooterTrailer) -
         2 * sizeof(FooterEntry);
}

uint64_t Volume::oldest_sequence() const {
  const std::lock_guard lock(regions_mutex_);
  uint64_t oldest = UINT64_MAX;
  for (const Region& region : regions_) oldest = std::min(oldest, region.least_sequence);
  return oldest;
}

uint64_t Volume::generation_of(uint32_t unit) const {
  const std::lock_guard lock(regions_mutex_);
  return regions_[unit / units_per_region()].generation;
}

bool Volume::probe() {
  const auto bytes = first_block(*file_, path_);
  Superblock found;
  if (!bytes || parse_superblock(*bytes, found) != Sort::Volume ||
      found.volume_id != block_.volume_id) {
    return false;
  }
  return file_->write(0, encode(block_)).has_value() && file_->sync().has_value();
}

}  // namespace atl::disk
