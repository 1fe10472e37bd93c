#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "edge/cache/object.h"
#include "edge/disk/file.h"
#include "edge/disk/format.h"
#include "edge/disk/index.h"
#include "edge/disk/purge_book.h"

namespace atl::disk {

struct VolumeOptions {
  std::string path;
  uint64_t size = 0;
  uint64_t region_size = 0;  // 0: chosen by size
  uint32_t number = 0;       // place in the tier
  uint64_t tier_id = 0;
  // What to do with a file that is not a volume of this tier, place and version: false: refuse to
  // start; true: rename it to PATH.aside and begin anew.
  bool put_aside = false;
};

struct VolumeCounters {
  std::atomic<uint64_t> bytes_written{0};  // to the device, all told
  std::atomic<uint64_t> bytes_read{0};
  std::atomic<uint64_t> records_written{0};
  std::atomic<uint64_t> records_reinserted{0};
  std::atomic<uint64_t> regions_reclaimed{0};
  std::atomic<uint64_t> bad_records{0};  // checksum wrong, or what the index promised was not there
  std::atomic<uint64_t> io_errors{0};
};

// A log of records in one file or device: regions are written one after the other and reclaimed in
// the same order; what was read since it was written is written again before its region goes
// (docs/disk-format.md). One thread writes (recover, append, flush, probe); any thread reads.
class Volume {
 public:
  // Opens and checks the superblock, or makes a new volume. Error: a sentence that names the file.
  static std::expected<std::unique_ptr<Volume>, std::string> open(const VolumeOptions& options,
                                                                  const OpenFile& open_file);
  ~Volume();
  Volume(const Volume&) = delete;
  Volume& operator=(const Volume&) = delete;

  // ---- Writer ----

  // Fills the index from the regions' footers, and from the records of regions that have none.
  // Before any append(). What cannot be read is left out.
  Result<void> recover();

  // Adds the record to what is being written. TooLarge: no region would hold it; any other error:
  // the device failed, and what was not flushed is lost. `reinsert`: whether touched records of a
  // region that is reclaimed on the way may be written again.
  struct Item {
    uint64_t hash = 0;
    uint64_t sequence = 0;
  };
  Result<void> append(const cache::Object& object, const Item& item, const PurgeBook& book,
                      const std::function<bool(uint64_t bytes)>& reinsert);
  // Writes what append() gathered and makes it findable.
  Result<void> flush();
  Result<void> sync() { return file_->sync(); }
  // Whether the device answers again.
  bool probe();
  // Lets go of the file. The last call of the writer; no read is under way, and none follows.
  void close() { file_ = nullptr; }

  // ---- Any thread ----

  // False only if no record under this hash can be found, now or after a restart.
  bool may_hold(uint64_t hash) const {
    return unsure_.load(std::memory_order_relaxed) || index_.contains(hash);
  }
  bool contains(uint64_t hash) const { return index_.contains(hash); }
  size_t forget(uint64_t hash) { return index_.erase_all(hash); }

  struct Reading {
    cache::Pin object;  // null: nothing here matches
    bool soft_purged = false;
    bool device_failed = false;
  };
  // Reads the records under this hash, newest first, until `matches` accepts a variant key. Blocks.
  Reading read(std::string_view key, uint64_t hash, const PurgeBook& book,
               const std::function<bool(std::string_view variant_key)>& matches);

  // No record older than this is left; UINT64_MAX: none at all.
  uint64_t oldest_sequence() const;
  bool filling() const { return filling_.load(std::memory_order_relaxed); }
  uint64_t largest_record() const;
  const Index& index() const { return index_; }
  const VolumeCounters& counters() const { return counters_; }
  uint64_t size() const { return kSuperblockBytes + block_.region_size * block_.regions; }
  const std::string& path() const { return path_; }

 private:
  struct Region {
    uint64_t generation = 0;  // 0: holds nothing
    uint64_t least_sequence = UINT64_MAX;
  };
  struct Pending {  // written into the buffer, not yet findable
    FooterEntry entry;
    uint64_t end = 0;  // in the region
    uint64_t sequence = 0;
  };

  Volume(std::string path, std::unique_ptr<File> file, const Superblock& block);

  // Layout.
  uint64_t region_at(uint32_t region) const {
    return kSuperblockBytes + block_.region_size * region;
  }
  uint32_t units_per_region() const {
    return static_cast<uint32_t>(block_.region_size / block_.unit);
  }
  uint64_t rounded(uint64_t bytes) const {
    return (bytes + block_.unit - 1) & ~uint64_t{block_.unit - 1};
  }
  bool fits(uint64_t bytes) const;

  // Writing (volume_write.cc).
  Result<void> make_room(uint64_t bytes, const PurgeBook& book,
                         const std::function<bool(uint64_t)>& reinsert);
  Result<void> open_region(uint32_t region);
  Result<void> seal();
  Result<void> reclaim(uint32_t region, const PurgeBook& book,
                       const std::function<bool(uint64_t)>& reinsert);
  Result<void> copy_record(uint32_t unit, const PurgeBook& book,
                           const std::function<bool(uint64_t)>& reinsert);
  Result<void> put(std::string_view bytes);
  Result<void> pad();
  Result<void> write_out();
  Result<void> write_record(const RecordHeader& header, std::string_view parts,
                            const std::function<Result<void>()>& write_body);
  void publish();
  void roll_back();
  Result<void> failed(Error error);
  std::optional<uint32_t> free_region() const;
  uint32_t oldest_region() const;

  // Reading (volume_read.cc).
  enum class Found : uint8_t { Yes, NotThis, Gone, Bad, DeviceFailed };
  Found read_one(const Index::Entry& entry, std::string_view key, uint64_t hash,
                 const PurgeBook& book, const std::function<bool(std::string_view)>& matches,
                 Reading& out);
  Found read_body(const RecordView& record, std::string_view there, uint64_t at, Reading& out);
  uint64_t generation_of(uint32_t unit) const;

  // Recovery (volume_recovery.cc).
  struct Survey {
    uint32_t region = 0;
    uint64_t generation = 0;
  };
  Result<void> recover_region(const Survey& survey);
  bool load_footer(const Survey& survey);
  Result<void> scan_region(const Survey& survey);
  void adopt(uint32_t region, const FooterEntry& entry, uint64_t sequence);

  const std::string path_;
  std::unique_ptr<File> file_;  // null after close()
  const Superblock block_;
  Index index_;
  VolumeCounters counters_;
  std::atomic<bool> filling_{true};
  // A write failed: what it left on the device may be found after a restart, though not before.
  std::atomic<bool> unsure_{false};

  mutable std::mutex regions_mutex_;
  std::vector<Region> regions_;

  // Writer only.
  bool seal_lost_ = false;  // a region was left without a footer
  uint64_t generation_ = 0;
  std::optional<uint32_t> current_;
  uint64_t written_ = 0;  // end of what is in the file, in the region
  uint64_t durable_ = 0;  // end of the last record that was published
  std::string buffer_;    // comes after written_
  std::vector<Pending> pending_;
  std::vector<FooterEntry> entries_;  // of the current region
};

}  // namespace atl::disk
