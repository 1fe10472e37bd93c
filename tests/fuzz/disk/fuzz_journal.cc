// A purge journal. The first byte says whether the header's checksum is made right. What is read
// and written again reads the same.

#include <cstring>
#include <string>
#include <string_view>

#include "edge/disk/format.h"
#include "edge/disk/purge_journal.h"
#include "lib/base/check.h"

using namespace atl;
using namespace atl::disk;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if ((data[0] & 1) != 0 && bytes.size() >= 48) {
    const uint64_t sum = checksum(std::string_view(bytes).substr(8, 40), 0);
    std::memcpy(bytes.data(), &sum, sizeof(sum));
  }
  JournalContents contents;
  if (parse_journal(bytes, contents) != JournalSort::Sound) return 0;
  JournalContents again;
  ATOLL_CHECK(parse_journal(encode_journal(contents), again) == JournalSort::Sound);
  ATOLL_CHECK(!again.damaged);
  ATOLL_CHECK(again.rules.size() == contents.rules.size());
  for (size_t i = 0; i < again.rules.size(); ++i) {
    ATOLL_CHECK(again.rules[i].kind == contents.rules[i].kind);
    ATOLL_CHECK(again.rules[i].sequence == contents.rules[i].sequence);
    ATOLL_CHECK(again.rules[i].value == contents.rules[i].value);
  }
  return 0;
}
