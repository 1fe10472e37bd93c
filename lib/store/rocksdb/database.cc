#include "lib/store/rocksdb/database.h"

#include <fmt/format.h>
#include <rocksdb/convenience.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "lib/base/durable_file.h"
#include "lib/store/rocksdb/format.h"

namespace atl::store {
namespace {

constexpr size_t kWriteBuffer = 32 * 1024 * 1024;  // bytes of one memtable
constexpr size_t kWalBytes = 128 * 1024 * 1024;    // replayed at most after a crash
constexpr int kBloomBits = 10;                     // per key: 1 % false positives

std::string_view view(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

rocksdb::Options options_for(size_t cache_bytes, rocksdb::Env* env) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(cache_bytes);
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kBloomBits));
  table.format_version = 5;
  table.checksum = rocksdb::kXXH3;

  rocksdb::Options options;
  if (env != nullptr) options.env = env;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.create_if_missing = true;
  options.paranoid_checks = true;
  // A crash leaves at most a torn last record, which was not answered. A hole before others that
  // were answered is damage and is said, not skipped.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.write_buffer_size = kWriteBuffer;
  options.max_total_wal_size = kWalBytes;
  options.keep_log_file_num = 3;
  options.max_log_file_size = 4 * 1024 * 1024;
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  const auto codecs = rocksdb::GetSupportedCompressions();
  const bool lz4 = std::ranges::find(codecs, rocksdb::kLZ4Compression) != codecs.end();
  options.compression = lz4 ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;
  return options;
}

// RocksDB makes a new database where CURRENT is missing and then deletes every table that the new
// one does not know. So this is asked first: a file of a database without its CURRENT.
std::optional<std::string> orphan(const std::string& path) {
  std::error_code error;
  if (std::filesystem::exists(path + "/CURRENT", error)) return std::nullopt;
  for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
    const std::string name = entry.path().filename();
    const std::string extension = entry.path().extension();
    const bool log = extension == ".log" && name.find_first_not_of("0123456789") == name.rfind('.');
    if (extension == ".sst" || extension == ".blob" || log || name.starts_with("MANIFEST-"))
      return name;
  }
  return std::nullopt;
}

std::string sentence(const std::string& path, const rocksdb::Status& status) {
  const std::string text = status.ToString();
  if (status.IsIOError() && text.find("lock ") != std::string::npos)
    return fmt::format("the database {} is in use by another process ({})", path, text);
  if (status.IsCorruption())
    return fmt::format(
        "the database {} is damaged: {}. Nothing was changed: restore a backup, or try `ldb "
        "repair` on a copy",
        path, text);
  if (status.IsNoSpace()) return fmt::format("no space left to open the database {}", path);
  return fmt::format("cannot open the database {}: {}", path, text);
}

// A new database gets the mark of the format; one that is there must have it.
Outcome<void> check_format(rocksdb::DB& db, const std::string& path) {
  const rocksdb::Slice key(kFormatKey.data(), kFormatKey.size());
  std::string found;
  auto status = db.Get({}, key, &found);
  if (status.ok()) {
    if (found == kFormatValue) return {};
    return std::unexpected(
        fmt::format("the database {} has another format, of a newer version "
                    "perhaps; it stays as it is",
                    path));
  }
  if (!status.IsNotFound()) return std::unexpected(sentence(path, status));
  if (db.GetLatestSequenceNumber() != 0)
    return std::unexpected(
        fmt::format("{} holds a database of another program; it stays as it is", path));
  rocksdb::WriteOptions durable;
  durable.sync = true;
  status = db.Put(durable, key, rocksdb::Slice(kFormatValue.data(), kFormatValue.size()));
  if (!status.ok()) return std::unexpected(sentence(path, status));
  return {};
}

Error damaged() {
  return {.code = Code::Internal,
          .side = Side::Self,
          .retryable = false,
          .detail = "an item in the database is damaged"};
}

}  // namespace

Outcome<std::unique_ptr<rocksdb::DB>> open_database(const std::string& path, size_t cache_bytes,
                                                    rocksdb::Env* env) {
  if (auto made = make_directory(path); !made) return std::unexpected(made.error());
  if (const auto file = orphan(path))
    return std::unexpected(
        fmt::format("the database {} is damaged: it has {} but no file CURRENT. Nothing was "
                    "changed: restore a backup, or try `ldb repair` on a copy",
                    path, *file));
  rocksdb::DB* opened = nullptr;
  const auto status = rocksdb::DB::Open(options_for(cache_bytes, env), path, &opened);
  std::unique_ptr<rocksdb::DB> db(opened);
  if (!status.ok()) return std::unexpected(sentence(path, status));
  if (auto checked = check_format(*db, path); !checked) return std::unexpected(checked.error());
  return db;
}

Error to_error(const rocksdb::Status& status, bool retryable) {
  Error error{.code = Code::Io, .side = Side::Self, .retryable = retryable, .detail = ""};
  if (status.IsNoSpace()) {
    error.code = Code::Exhausted;
    error.detail = "no space left on the disk of the database";
  } else if (status.IsCorruption()) {
    error.code = Code::Internal;
    error.detail = "the database is damaged";
  } else {
    error.detail = "the disk of the database failed";
  }
  return error;
}

Result<std::optional<Item>> read_item(rocksdb::DB& db, const std::string& partition,
                                      const std::string& sort, std::string& why) {
  rocksdb::PinnableSlice found;
  const auto status = db.Get({}, db.DefaultColumnFamily(), item_key(partition, sort), &found);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) {
    why = status.ToString();
    return std::unexpected(to_error(status, true));
  }
  auto item = decode_item(sort, view(found));
  if (!item) return std::unexpected(damaged());
  return item;
}

Result<Page> read_page(rocksdb::DB& db, const Range& range, std::string& why) {
  Page page;
  const std::string prefix = partition_prefix(range.partition);
  const std::string lower = prefix + range.begin;
  const std::string upper = range.end ? prefix + *range.end : *end_of_prefix(prefix);
  if (lower >= upper) return page;
  const rocksdb::Slice low(lower);
  const rocksdb::Slice high(upper);
  rocksdb::ReadOptions options;
  options.iterate_lower_bound = &low;
  options.iterate_upper_bound = &high;
  const std::unique_ptr<rocksdb::Iterator> at(db.NewIterator(options));
  const bool forward = range.direction == Direction::Forward;
  size_t bytes = 0;
  for (forward ? at->SeekToFirst() : at->SeekToLast(); at->Valid();
       forward ? at->Next() : at->Prev()) {
    if (page.items.size() == range.limit || bytes >= range.max_bytes) {
      page.more = true;
      break;
    }
    auto item = decode_item(view(at->key()).substr(prefix.size()), view(at->value()));
    if (!item) return std::unexpected(damaged());
    bytes += item->sort.size() + item->value.size();
    page.items.push_back(*std::move(item));
  }
  if (!at->status().ok()) {
    why = at->status().ToString();
    return std::unexpected(to_error(at->status(), true));
  }
  return page;
}

}  // namespace atl::store
