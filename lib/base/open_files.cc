#include "lib/base/open_files.h"

#include <sys/resource.h>

#include <algorithm>
#include <utility>

namespace atl {

uint64_t raise_open_files(uint64_t most) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlim_t wanted = std::min<rlim_t>(limit.rlim_max, most);
  if (wanted <= limit.rlim_cur) return limit.rlim_cur;
  const rlim_t before = std::exchange(limit.rlim_cur, wanted);
  return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? wanted : before;
}

}  // namespace atl
