#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "edge/cache/object.h"
#include "edge/disk/admission.h"
#include "edge/disk/device.h"
#include "edge/disk/file.h"
#include "edge/disk/purge_book.h"
#include "edge/disk/purge_journal.h"
#include "edge/disk/volume.h"
#include "lib/base/clock.h"

namespace atl::disk {

struct TierOptions {
  std::string journal;                 // path of the purge journal
  std::vector<VolumeOptions> volumes;  // number and tier_id are filled in
  AdmissionRule admission = AdmissionRule::SecondRequest;
  uint64_t write_budget = 0;                  // bytes a second over all volumes; 0: no limit
  unsigned readers = 4;                       // threads
  size_t read_queue = 1024;                   // reads that wait for one
  uint64_t write_queue = uint64_t{32} << 20;  // bytes of objects, each volume
  std::chrono::milliseconds retry{30'000};    // see DeviceOptions
  Matchers matchers;
  OpenFile open_file = disk::open_file;
};

// The cache's second tier: complete objects in volumes that survive the process
// (docs/disk-tier.md). Every function may be called from any thread; none blocks on a device, save
// open(), stop() and settle().
class Tier {
 public:
  // Reads the journal and the superblocks; the indexes are loaded behind the caller's back, and
  // until then nothing is found. Error: a sentence.
  static std::expected<std::unique_ptr<Tier>, std::string> open(TierOptions options,
                                                                const Clock& clock);
  ~Tier();
  Tier(const Tier&) = delete;
  Tier& operator=(const Tier&) = delete;

  // Ends every thread after what is queued has been written. Reads that wait are dropped: their
  // `done` is destroyed without a call.
  void stop();

  // As stop(), and closes every file, so that another process may open the volumes. Reads that wait
  // find nothing. From then on nothing is found, read or written, and a purge hears Conflict.
  void release();

  // ---- Reading ----

  // Whether a record of this key may be there. Does not allocate.
  struct Ticket {
    uint64_t hash = 0;
    uint32_t volume = 0;
  };
  std::optional<Ticket> look_up(std::string_view key) const;

  using Matches = std::function<bool(std::string_view variant_key)>;
  using Done = std::move_only_function<void(cache::Pin object)>;
  // Reads the object of the key whose variant key `matches` (any thread), and calls `done` on a
  // thread of the tier: null when there is none, or none that is sound. A soft purge is marked in
  // it. False: too many reads wait; `done` is not called.
  bool read(const Ticket& ticket, std::string key, Matches matches, Done done);

  // ---- Writing ----

  // An object that was just stored in memory: written soon, or not, as admission decides.
  Admission offer(cache::Pin object);

  // ---- Purging ----

  // In force when it returns: nothing it covers is read or written any more. `done` is called on a
  // thread of the tier when that is true after a crash too, or with why it is not. Of `rule` the
  // sequence is filled in, and for kind Key the hash of `value`, which is the key.
  void purge(Rule rule, std::move_only_function<void(Result<void>)> done);
  // An invalidation (RFC 9111 section 4.4): in force when it returns, durable within moments. Free
  // for a key of which nothing can be there.
  void forget(std::string_view key);

  // ---- For people and tests ----

  struct Statistics {
    uint64_t volumes = 0;
    uint64_t volumes_failed = 0;
    uint64_t volumes_loading = 0;
    uint64_t capacity = 0;
    uint64_t objects = 0;
    uint64_t index_bytes = 0;
    uint64_t purge_rules = 0;
    uint64_t hits = 0;          // objects read
    uint64_t bytes_served = 0;  // their bodies
    uint64_t reads_missed = 0;  // the index promised what was not there
    uint64_t reads_refused = 0;
    uint64_t bytes_written = 0;
    uint64_t bytes_read = 0;
    uint64_t records_written = 0;
    uint64_t records_reinserted = 0;
    uint64_t regions_reclaimed = 0;
    uint64_t bad_records = 0;
    uint64_t io_errors = 0;
    uint64_t writes_dropped = 0;  // admitted, but the queue was full or the volume failed
    uint64_t too_large = 0;       // not admitted: no region would hold them
    uint64_t first_time = 0;      // not admitted: not seen before
    uint64_t over_budget = 0;     // not admitted: no write budget
  };
  Statistics statistics() const;
  void settle();  // until recovery has ended and what is queued has been written

 private:
  struct Read {
    Ticket ticket;
    std::string key;
    Matches matches;
    Done done;
  };
  struct Promise {
    Rule rule;
    std::move_only_function<void(Result<void>)> done;
  };

  Tier(TierOptions options, const Clock& clock, std::unique_ptr<PurgeJournal> journal);
  void start();
  void read_loop();
  void journal_loop();
  void keep_promises(std::vector<Promise>& promises);
  void compact_journal();
  bool may_reinsert(uint64_t bytes);
  void count_refusal(Admission admission);
  uint64_t hash(std::string_view key) const;
  uint32_t volume_of(uint64_t hash) const;

  const TierOptions options_;
  const Clock& clock_;
  PurgeBook book_;
  const std::unique_ptr<PurgeJournal> journal_;  // journal's thread
  std::vector<std::unique_ptr<Device>> devices_;
  std::atomic<uint64_t> sequence_;

  mutable std::mutex admission_mutex_;
  RecentKeys recent_;
  WriteBudget budget_;

  mutable std::mutex read_mutex_;
  std::condition_variable read_wake_;
  std::deque<Read> reads_;
  std::vector<std::thread> readers_;

  std::mutex journal_mutex_;
  std::condition_variable journal_wake_;
  std::vector<Promise> promises_;
  std::thread journal_thread_;
  uint64_t compact_at_ = 0;  // bytes; journal's thread

  bool stopping_ = false;  // guarded by each of the two mutexes
  std::atomic<bool> released_{false};
  std::atomic<uint64_t> hits_{0}, bytes_served_{0}, reads_missed_{0}, reads_refused_{0};
  std::atomic<uint64_t> writes_dropped_{0}, too_large_{0}, first_time_{0}, over_budget_{0};
};

}  // namespace atl::disk
