#pragma once

#include <rocksdb/db.h>
#include <rocksdb/status.h>

#include <memory>
#include <string>

#include "lib/base/error.h"
#include "lib/base/outcome.h"
#include "lib/store/store.h"

namespace atl::store {

// The database and what is asked of it. Blocking; any thread, but one at a time for WriteGroup.
// Errors of open() are sentences; those of the others atl::Error, with the text in `why`.

// Opens `path`, a directory, made if need be. What is there and is damaged, in use or not ours is
// an error, and stays as it is. `env`: see RocksOptions.
Outcome<std::unique_ptr<rocksdb::DB>> open_database(const std::string& path, size_t cache_bytes,
                                                    rocksdb::Env* env);

// What went wrong in terms of the interface. `retryable`: nothing was changed.
Error to_error(const rocksdb::Status& status, bool retryable);

Result<std::optional<Item>> read_item(rocksdb::DB& db, const std::string& partition,
                                      const std::string& sort, std::string& why);
Result<Page> read_page(rocksdb::DB& db, const Range& range, std::string& why);

}  // namespace atl::store
