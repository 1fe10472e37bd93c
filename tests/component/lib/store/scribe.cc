// Writes numbered items into a RocksDB store, several at a time, and says each number on standard
// output when its write was answered, until it is killed. Usage: store_scribe DIRECTORY FIRST

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "lib/net/loop.h"
#include "lib/store/rocksdb/rocksdb_store.h"

namespace {

using namespace atl;

constexpr int kAtATime = 16;

struct Scribe {
  store::Store& store;
  uint64_t next;

  void step() {
    const uint64_t number = next++;
    // Two items, so that a half of a write would be seen.
    store.write({"p",
                 {store::Change::put("a" + store::format_number(number), "v"),
                  store::Change::put("b" + store::format_number(number), "v")}},
                [this, number](auto written) {
                  if (!written || !written->applied) std::_Exit(1);
                  std::printf("%llu\n", static_cast<unsigned long long>(number));
                  std::fflush(stdout);
                  step();
                });
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  net::Loop loop;
  auto store = store::open_rocksdb(loop, {.path = argv[1]});
  if (!store) {
    std::fprintf(stderr, "%s\n", store.error().c_str());
    return 1;
  }
  Scribe scribe{**store, std::strtoull(argv[2], nullptr, 10)};
  for (int i = 0; i < kAtATime; ++i) scribe.step();
  loop.run();
}
