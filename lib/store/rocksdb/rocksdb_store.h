#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "lib/base/outcome.h"
#include "lib/net/loop.h"
#include "lib/store/store.h"

namespace rocksdb {
class Env;
}

namespace atl::store {

struct RocksOptions {
  std::string path;                               // a directory, of this store alone
  size_t cache_bytes = size_t{64} * 1024 * 1024;  // of blocks, in memory
  rocksdb::Env* env = nullptr;                    // outlives the store; null: the machine's
};

// Opens the engine that is embedded in the process. A write that was answered is on the disk
// (fdatasync): it survives kill -9 and, as far as the disk tells the truth, loss of power. One
// thread writes, all writes that wait sharing one synchronisation; another reads and waits for none
// of them. One process at a time has the directory.
//
// Blocks until the database is open, which takes longer after a crash: at most 128 MiB of log are
// read. The error is a sentence; nothing that was there was changed. `loop` outlives the store.
// Destroying it waits until what it has taken is written.
Outcome<std::unique_ptr<Store>> open_rocksdb(net::Loop& loop, RocksOptions options);

}  // namespace atl::store
