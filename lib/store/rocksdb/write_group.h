#pragma once

#include <rocksdb/db.h>
#include <rocksdb/utilities/write_batch_with_index.h>

#include <string>
#include <vector>

#include "lib/store/store.h"

namespace atl::store {

// Writes that become durable with one fsync. Each is judged by the database and the writes before
// it in the group. The only writer of `db`; one thread.
class WriteGroup {
 public:
  explicit WriteGroup(rocksdb::DB& db) : db_(db), batch_(rocksdb::BytewiseComparator(), 0, true) {}

  // Judges the write and adds it if its conditions hold. Not to be told to anybody before commit()
  // succeeds: it may depend on writes that do not happen. An error is of this write alone.
  Result<Written> add(const Write& write, std::string& why);

  // All that was added, or none.
  rocksdb::Status commit();

  size_t bytes() { return batch_.GetWriteBatch()->GetDataSize(); }

 private:
  // What the condition is about, as it is behind the writes of the group.
  rocksdb::Status current(const std::string& key, std::string& value);
  Result<bool> holds(const Change& change, const std::string& key, Written& written,
                     std::string& why);

  rocksdb::DB& db_;
  rocksdb::WriteBatchWithIndex batch_;
};

}  // namespace atl::store
