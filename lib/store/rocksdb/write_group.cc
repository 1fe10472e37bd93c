#include "lib/store/rocksdb/write_group.h"

#include "lib/store/rocksdb/database.h"
#include "lib/store/rocksdb/format.h"

namespace atl::store {

rocksdb::Status WriteGroup::current(const std::string& key, std::string& value) {
  return batch_.GetFromBatchAndDB(&db_, rocksdb::ReadOptions(), key, &value);
}

Result<bool> WriteGroup::holds(const Change& change, const std::string& key, Written& written,
                               std::string& why) {
  using Kind = Condition::Kind;
  if (change.condition.kind == Kind::Always) return true;
  std::string value;
  const auto status = current(key, value);
  if (!status.ok() && !status.IsNotFound()) {
    why = status.ToString();
    return std::unexpected(to_error(status, true));
  }
  std::optional<Item> item;
  if (status.ok()) {
    item = decode_item(change.sort, value);
    if (!item)
      return std::unexpected(Error{.code = Code::Internal,
                                   .side = Side::Self,
                                   .retryable = false,
                                   .detail = "an item in the database is damaged"});
  }
  bool good = false;
  switch (change.condition.kind) {
    case Kind::Always:
      good = true;
      break;
    case Kind::Absent:
      good = !item;
      break;
    case Kind::Present:
      good = item.has_value();
      break;
    case Kind::Is:
      good = item && item->version == change.condition.version;
      break;
  }
  if (!good) written.current = std::move(item);
  return good;
}

Result<Written> WriteGroup::add(const Write& write, std::string& why) {
  Written written;
  std::vector<std::string> keys;
  keys.reserve(write.changes.size());
  for (size_t i = 0; i < write.changes.size(); ++i) {
    keys.push_back(item_key(write.partition, write.changes[i].sort));
    auto good = holds(write.changes[i], keys.back(), written, why);
    if (!good) return std::unexpected(good.error());
    if (!*good) {
      written.failed = i;
      return written;
    }
  }
  // RocksDB numbers every change it has ever made; the number of a write's first one is unique.
  const Version version{db_.GetLatestSequenceNumber() + 1 + batch_.GetWriteBatch()->Count()};
  for (size_t i = 0; i < write.changes.size(); ++i) {
    const Change& change = write.changes[i];
    if (change.kind == Change::Kind::Put) {
      batch_.Put(keys[i], encode_value(version, change.value));
      written.version = version;
    } else if (change.kind == Change::Kind::Remove) {
      batch_.Delete(keys[i]);
    }
  }
  written.applied = true;
  return written;
}

rocksdb::Status WriteGroup::commit() {
  if (batch_.GetWriteBatch()->Count() == 0) return rocksdb::Status::OK();
  rocksdb::WriteOptions durable;
  durable.sync = true;
  return db_.Write(durable, batch_.GetWriteBatch());
}

}  // namespace atl::store
