#include <doctest/doctest.h>

#include "lib/store/rocksdb/rocksdb_store.h"
#include "tests/component/lib/store/suite.h"
#include "tests/support/scratch_directory.h"

namespace atl::store::testing {
namespace {

TEST_CASE("rocksdb: the suite of every engine") {
  const ScratchDirectory scratch;
  net::Loop loop;
  auto opened = open_rocksdb(loop, {.path = scratch.file("db")});
  REQUIRE(opened.has_value());
  Driver driver(loop, **opened);
  for (const SuiteCase& each : suite()) {
    SUBCASE(each.sentence) { each.run(driver, "p/"); }
  }
  CHECK((*opened)->problem().empty());
}

}  // namespace
}  // namespace atl::store::testing
