#include "deploy/cli/replay/cache_status.h"

#include <doctest/doctest.h>

namespace atl::cli {
namespace {

TEST_CASE("cache status: the last cache of the list decides") {
  struct Row {
    const char* value;
    Answered want;
  };
  for (const Row& row : {
           Row{"atoll-fra; hit", Answered::Hit},
           Row{"atoll-fra;hit;ttl=-5", Answered::Hit},
           Row{"atoll-fra; hit=?1; ttl=30", Answered::Hit},
           Row{"atoll-fra; fwd=uri-miss; stored", Answered::Forwarded},
           Row{"atoll-fra; fwd=uri-miss; collapsed", Answered::Collapsed},
           Row{"atoll-fra; fwd=stale; fwd-status=304", Answered::Revalidated},
           Row{"atoll-fra; fwd=stale; fwd-status=200", Answered::Forwarded},
           Row{"Shield; hit, atoll-fra; fwd=uri-miss", Answered::Forwarded},
           Row{"Shield; fwd=miss, atoll-fra; hit", Answered::Hit},
           Row{"\"a, b; hit\"; fwd=uri-miss", Answered::Forwarded},
           Row{"\"a \\\" , x; hit", Answered::Unknown},
           Row{"atoll-fra; detail=\"fwd=miss, no\"; hit", Answered::Hit},
           Row{"atoll-fra; detail=\"; hit\"", Answered::Unknown},
           Row{"atoll-fra", Answered::Unknown},
           Row{"atoll-fra; hit=?0", Answered::Unknown},
           Row{"", Answered::Unknown},
       }) {
    CAPTURE(row.value);
    CHECK(read_cache_status(row.value, Answered::Unknown) == row.want);
  }
}

TEST_CASE("cache status: repeated fields are one list") {
  const Answered first = read_cache_status("Shield; hit", Answered::Unknown);
  CHECK(read_cache_status("atoll-fra; fwd=uri-miss", first) == Answered::Forwarded);
  CHECK(read_cache_status("", first) == Answered::Hit);
}

}  // namespace
}  // namespace atl::cli
