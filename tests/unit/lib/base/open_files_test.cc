// The soft limit of open files goes up to the hard one and never down.

#include "lib/base/open_files.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <algorithm>

namespace atl {
namespace {

rlimit limit_now() {
  rlimit limit{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  return limit;
}

// The limits as they were before the test.
class Kept {
 public:
  ~Kept() { setrlimit(RLIMIT_NOFILE, &before_); }
  rlim_t hard() const { return before_.rlim_max; }

 private:
  const rlimit before_ = limit_now();
};

void set_soft(rlim_t soft) {
  const rlimit limit{soft, limit_now().rlim_max};
  REQUIRE(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

}  // namespace

TEST_CASE("the limit of open files is raised to what is asked, or to what the system allows") {
  const Kept kept;
  REQUIRE(kept.hard() > 300);
  set_soft(256);
  CHECK(raise_open_files(300) == 300);
  CHECK(limit_now().rlim_cur == 300);
  const auto most = std::min<rlim_t>(kept.hard(), kMostOpenFiles);
  CHECK(raise_open_files(kMostOpenFiles) == most);
  CHECK(limit_now().rlim_cur == most);
  CHECK(limit_now().rlim_max == kept.hard());
}

TEST_CASE("a limit that is higher already stays") {
  const Kept kept;
  set_soft(256);
  CHECK(raise_open_files(100) == 256);
  CHECK(limit_now().rlim_cur == 256);
}

}  // namespace atl
