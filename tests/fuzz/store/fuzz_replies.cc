// Whatever a server sends: it is cut into replies however it arrives, and each is read as the
// answer to everything that can have been asked.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/base/check.h"
#include "lib/store/redis/reply.h"
#include "lib/store/redis/script.h"
#include "lib/store/redis/slot.h"
#include "lib/store/redis/slot_map.h"
#include "lib/store/redis/topology.h"
#include "lib/store/redis/verdict.h"

namespace {

using namespace atl::store;
using namespace atl::store::redis;

void interpret(const Reply& reply) {
  if (reply.is(Reply::Kind::Error)) {
    const Verdict verdict = judge_error(reply.text);
    if (verdict.kind == Verdict::Kind::Moved || verdict.kind == Verdict::Kind::Ask) {
      ATOLL_CHECK(verdict.slot < kSlots);
      ATOLL_CHECK(verdict.endpoint.port != 0);
    } else {
      ATOLL_CHECK(verdict.error.detail[0] != '\0');
    }
  }
  if (auto map = SlotMap::parse(reply, "192.0.2.1")) {
    for (uint16_t slot = 0; slot < kSlots; slot += 97) {
      if (const auto* master = map->find(slot))
        ATOLL_CHECK(master->port != 0 && !master->host.empty());
    }
    map->move(kSlots - 1, {"192.0.2.2", 7});
    ATOLL_CHECK(map->masters().size() <= SlotMap::kMostMasters);
  }
  if (const auto master = parse_master(reply)) ATOLL_CHECK(master->port != 0);
  if (const auto item = read_get(reply, "sort"); item && *item)
    ATOLL_CHECK((*item)->version != Version::None);
  if (const auto page = read_range(reply)) ATOLL_CHECK(!page->more || !page->items.empty());
  const Write write{"p", {Change::put("a", ""), Change::check("b", Condition::absent())}};
  if (const auto written = read_write(reply, write, Version{1}))
    ATOLL_CHECK(written->applied || written->failed < write.changes.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  judge_error(bytes);
  const size_t piece = size_t{data[0]} % 64 + 1;
  ReplyReader reader;
  for (size_t at = 0; at < bytes.size(); at += piece) {
    if (!reader.feed(bytes.substr(at, piece))) return 0;
    for (;;) {
      const auto reply = reader.next();
      if (!reply) return 0;
      if (!*reply) break;
      interpret(**reply);
    }
  }
  return 0;
}
