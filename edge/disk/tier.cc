#include "edge/disk/tier.h"

#include <algorithm>
#include <utility>

#include "edge/cache/key.h"
#include "lib/base/log.h"

namespace atl::disk {
namespace {

// Every start has 2^40 sequence numbers of its own, above those of all starts before.
constexpr unsigned kStartShift = 40;
// The journal is written anew when it has grown to this, or to twice what was needed last time.
constexpr uint64_t kCompactAt = 1 << 20;
// Objects that a volume is expected to hold at most, for the size of the table of recent keys.
constexpr uint64_t kTypicalObject = 16 * 1024;
constexpr Error kReleased{Code::Conflict, Side::Self, false, "the disk is another process's now"};

size_t recent_keys_for(const std::vector<VolumeOptions>& volumes) {
  uint64_t size = 0;
  for (const VolumeOptions& volume : volumes) size += volume.size;
  return std::clamp<uint64_t>(size / kTypicalObject, 1 << 12, 1 << 22);
}

}  // namespace

std::expected<std::unique_ptr<Tier>, std::string> Tier::open(TierOptions options,
                                                             const Clock& clock) {
  auto journal = PurgeJournal::open(options.journal, options.open_file);
  if (!journal) return std::unexpected(journal.error());
  const OpenFile open_file = options.open_file;
  std::unique_ptr<Tier> tier(new Tier(std::move(options), clock, *std::move(journal)));
  uint32_t number = 0;
  for (VolumeOptions volume : tier->options_.volumes) {
    volume.number = number++;
    volume.tier_id = tier->journal_->contents().tier_id;
    auto opened = Volume::open(volume, open_file);
    if (!opened) return std::unexpected(opened.error());
    tier->devices_.push_back(std::make_unique<Device>(
        *std::move(opened),
        DeviceOptions{.queue_bytes = tier->options_.write_queue, .retry = tier->options_.retry},
        tier->book_, [raw = tier.get()](uint64_t bytes) { return raw->may_reinsert(bytes); }));
  }
  tier->start();
  return tier;
}

Tier::Tier(TierOptions options, const Clock& clock, std::unique_ptr<PurgeJournal> journal)
    : options_(std::move(options)),
      clock_(clock),
      book_(options_.matchers),
      journal_(std::move(journal)),
      sequence_(journal_->contents().starts << kStartShift),
      recent_(recent_keys_for(options_.volumes)),
      budget_(options_.write_budget) {
  for (const Rule& rule : journal_->contents().rules) book_.add(rule);
  if (journal_->contents().damaged) {
    log_error("{}: damaged; purges may be lost, so everything on disk is taken as purged",
              options_.journal);
    book_.raise_floor(sequence_);
  }
}

void Tier::start() {
  compact_at_ = kCompactAt;
  if (journal_->contents().damaged) {
    // Written down before anything else: the damage itself is gone from the file.
    if (const auto written = journal_->rewrite(book_.rules()); !written) {
      log_error("{}", written.error());
    }
  }
  for (const auto& device : devices_) device->start();
  for (unsigned i = 0; i < options_.readers; ++i) {
    readers_.emplace_back([this] { read_loop(); });
  }
  journal_thread_ = std::thread([this] { journal_loop(); });
}

Tier::~Tier() { stop(); }

void Tier::stop() {
  {
    const std::scoped_lock lock(read_mutex_, journal_mutex_);
    stopping_ = true;
    reads_.clear();
  }
  read_wake_.notify_all();
  journal_wake_.notify_all();
  for (std::thread& reader : readers_) reader.join();
  readers_.clear();
  for (const auto& device : devices_) device->stop();
  if (journal_thread_.joinable()) journal_thread_.join();
}

void Tier::release() {
  std::deque<Read> waiting;
  {
    const std::scoped_lock lock(read_mutex_, journal_mutex_);
    stopping_ = true;
    waiting = std::exchange(reads_, {});
  }
  stop();
  for (Read& read : waiting) read.done({});
  std::vector<Promise> broken;
  {
    const std::lock_guard lock(journal_mutex_);
    released_ = true;
    broken = std::exchange(promises_, {});
  }
  for (const auto& device : devices_) device->close();
  journal_->close();
  for (Promise& promise : broken) {
    if (promise.done) promise.done(std::unexpected(kReleased));
  }
}

uint64_t Tier::hash(std::string_view key) const {
  return cache::hash_key(key, journal_->contents().hash_seed);
}

// Other bits than those the index uses first.
uint32_t Tier::volume_of(uint64_t hash) const {
  return static_cast<uint32_t>((hash >> 32) % devices_.size());
}

std::optional<Tier::Ticket> Tier::look_up(std::string_view key) const {
  if (released_.load(std::memory_order_relaxed)) return std::nullopt;
  const uint64_t hash = this->hash(key);
  const uint32_t volume = volume_of(hash);
  if (!devices_[volume]->offers(hash)) return std::nullopt;
  return Ticket{hash, volume};
}

bool Tier::read(const Ticket& ticket, std::string key, Matches matches, Done done) {
  {
    const std::lock_guard lock(read_mutex_);
    if (stopping_ || reads_.size() >= options_.read_queue) {
      reads_refused_.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
    reads_.push_back({ticket, std::move(key), std::move(matches), std::move(done)});
  }
  read_wake_.notify_one();
  return true;
}

void Tier::read_loop() {
  std::unique_lock lock(read_mutex_);
  for (;;) {
    read_wake_.wait(lock, [&] { return stopping_ || !reads_.empty(); });
    if (stopping_) return;
    Read job = std::move(reads_.front());
    reads_.pop_front();
    lock.unlock();
    Device& device = *devices_[job.ticket.volume];
    Volume::Reading reading = device.read(job.key, job.ticket.hash, job.matches);
    if (reading.object) {
      hits_.fetch_add(1, std::memory_order_relaxed);
      bytes_served_.fetch_add(reading.object->body_size(), std::memory_order_relaxed);
    } else {
      reads_missed_.fetch_add(1, std::memory_order_relaxed);
    }
    job.done(std::move(reading.object));
    job = {};
    lock.lock();
  }
}

Admission Tier::offer(cache::Pin object) {
  const uint64_t hash = this->hash(object->key());
  Device& device = *devices_[volume_of(hash)];
  const uint64_t bytes = object->charge();
  Admission admission{};
  {
    const MonoTime now = clock_.mono();
    const std::lock_guard lock(admission_mutex_);
    admission = decide({.rule = options_.admission,
                        .too_large = device.volume().largest_record() < record_size(*object),
                        .update = device.volume().contains(hash),
                        .filling = device.volume().filling(),
                        .seen = recent_.note(hash),
                        .affordable = budget_.affords(now),
                        .plenty = budget_.plenty(now)});
    if (admits(admission)) budget_.spend(bytes);
  }
  if (admits(admission)) {
    const uint64_t sequence = sequence_.fetch_add(1) + 1;
    if (device.write(object, {.hash = hash, .sequence = sequence})) return admission;
    writes_dropped_.fetch_add(1, std::memory_order_relaxed);
  } else {
    count_refusal(admission);
  }
  // What was newer than the copy on disk is not there: the copy must not come back later.
  forget(object->key());
  return admission;
}

void Tier::count_refusal(Admission admission) {
  if (admission == Admission::TooLarge) too_large_.fetch_add(1, std::memory_order_relaxed);
  if (admission == Admission::FirstTime) first_time_.fetch_add(1, std::memory_order_relaxed);
  if (admission == Admission::OverBudget) over_budget_.fetch_add(1, std::memory_order_relaxed);
}

bool Tier::may_reinsert(uint64_t bytes) {
  const std::lock_guard lock(admission_mutex_);
  if (!budget_.affords(clock_.mono())) return false;
  budget_.spend(bytes);
  return true;
}

void Tier::purge(Rule rule, std::move_only_function<void(Result<void>)> done) {
  if (rule.kind == Rule::Kind::Key) {
    rule.hash = hash(rule.value);
    rule.value.clear();
  }
  rule.sequence = sequence_.fetch_add(1) + 1;
  book_.add(rule);
  if (rule.kind == Rule::Kind::Key && !rule.soft) devices_[volume_of(rule.hash)]->forget(rule.hash);
  bool kept = true;
  {
    const std::lock_guard lock(journal_mutex_);
    kept = !released_;
    if (kept) promises_.push_back({std::move(rule), std::move(done)});
  }
  journal_wake_.notify_one();
  if (!kept && done) done(std::unexpected(kReleased));
}

void Tier::forget(std::string_view key) {
  if (released_) return;
  const uint64_t hash = this->hash(key);
  if (!devices_[volume_of(hash)]->may_hold(hash)) return;
  purge({.kind = Rule::Kind::Key, .value = std::string(key)}, {});
}

void Tier::journal_loop() {
  std::unique_lock lock(journal_mutex_);
  for (;;) {
    journal_wake_.wait(lock, [&] { return stopping_ || !promises_.empty(); });
    if (promises_.empty()) return;  // stopping
    std::vector<Promise> batch = std::exchange(promises_, {});
    lock.unlock();
    keep_promises(batch);
    batch.clear();
    if (journal_->bytes() >= compact_at_) compact_journal();
    lock.lock();
  }
}

void Tier::keep_promises(std::vector<Promise>& promises) {
  std::vector<Rule> rules;
  rules.reserve(promises.size());
  for (const Promise& promise : promises) rules.push_back(promise.rule);
  const auto kept = journal_->append(rules);
  if (!kept) log_error("{}: {}", options_.journal, kept.error().detail);
  for (Promise& promise : promises) {
    if (promise.done) promise.done(kept);
  }
}

// What no record can match any more is forgotten; a floor stands for it, so that a volume which is
// away now does not come back with what was purged meanwhile.
void Tier::compact_journal() {
  uint64_t oldest = sequence_.load();
  for (const auto& device : devices_) oldest = std::min(oldest, device->oldest_sequence());
  book_.forget_below(oldest);
  if (const auto written = journal_->rewrite(book_.rules()); !written) {
    log_error("{}", written.error());
  }
  compact_at_ = std::max(kCompactAt, 2 * journal_->bytes());
}

void Tier::settle() {
  for (const auto& device : devices_) device->settle();
}

Tier::Statistics Tier::statistics() const {
  Statistics sum{.volumes = devices_.size(),
                 .purge_rules = book_.size(),
                 .hits = hits_,
                 .bytes_served = bytes_served_,
                 .reads_missed = reads_missed_,
                 .reads_refused = reads_refused_,
                 .writes_dropped = writes_dropped_,
                 .too_large = too_large_,
                 .first_time = first_time_,
                 .over_budget = over_budget_};
  for (const auto& device : devices_) {
    const Volume& volume = device->volume();
    const VolumeCounters& counters = volume.counters();
    sum.volumes_failed += device->failed() ? 1 : 0;
    sum.volumes_loading += device->ready() ? 0 : 1;
    sum.capacity += volume.size();
    sum.objects += volume.index().size();
    sum.index_bytes += volume.index().memory();
    sum.bytes_written += counters.bytes_written;
    sum.bytes_read += counters.bytes_read;
    sum.records_written += counters.records_written;
    sum.records_reinserted += counters.records_reinserted;
    sum.regions_reclaimed += counters.regions_reclaimed;
    sum.bad_records += counters.bad_records;
    sum.io_errors += counters.io_errors;
  }
  return sum;
}

}  // namespace atl::disk
