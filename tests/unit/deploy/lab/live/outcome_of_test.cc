#include "deploy/lab/live/outcome_of.h"

#include <doctest/doctest.h>

namespace atl::lab {
namespace {

TEST_CASE("outcome: what Cache-Status says") {
  struct Row {
    int status;
    const char* cache_status;
    Served want;
  };
  for (const Row& row :
       {Row{200, "atoll-fra; hit; ttl=37", Served::Hit}, Row{200, "atoll-fra; hit", Served::Hit},
        Row{200, "atoll-fra; hit; ttl=0", Served::Hit},
        Row{200, "atoll-fra; hit; ttl=-10; detail=stale-while-revalidate", Served::Stale},
        Row{200, "atoll-fra; hit; ttl=0; detail=stale-while-revalidate", Served::Stale},
        Row{200, "atoll-fra; hit; ttl=9; detail=disk", Served::Hit},
        Row{200, "atoll-fra; fwd=stale; fwd-status=304; ttl=60", Served::Miss},
        Row{200, "atoll-fra; fwd=stale; fwd-status=200; ttl=60; stored", Served::Miss},
        Row{200, "atoll-fra; fwd=stale; ttl=0; detail=breaker-open", Served::Stale},
        Row{200, "atoll-fra; fwd=stale; fwd-status=503; ttl=0", Served::Stale},
        Row{200, "atoll-fra; fwd=stale; ttl=-20; detail=upstream-refused", Served::Stale},
        Row{200, "atoll-fra; fwd=miss; fwd-status=200; stored; collapsed", Served::Miss},
        Row{200, "atoll-fra; fwd=bypass", Served::Miss}, Row{200, "", Served::Miss},
        Row{200, ";", Served::Miss}, Row{200, "hit-and-run; fwd=miss", Served::Miss},
        Row{502, "atoll-fra; fwd=miss; detail=upstream-refused", Served::Error},
        Row{404, "atoll-fra; hit", Served::Error}, Row{0, "", Served::Error}}) {
    CAPTURE(row.cache_status);
    CHECK(served_of(row.status, row.cache_status) == row.want);
  }
}

}  // namespace
}  // namespace atl::lab
