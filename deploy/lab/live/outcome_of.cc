#include "deploy/lab/live/outcome_of.h"

#include <algorithm>

#include "lib/http/chars.h"

namespace atl::lab {

Served served_of(int status, std::string_view cache_status) {
  if (status != 200) return Served::Error;
  bool hit = false;
  bool stale = false;
  while (!cache_status.empty()) {
    const size_t end = std::min(cache_status.find(';'), cache_status.size() - 1);
    const std::string_view part =
        http::trim_ows(cache_status.substr(0, cache_status[end] == ';' ? end : end + 1));
    cache_status.remove_prefix(end + 1);
    hit = hit || part == "hit";
    stale = stale || part.starts_with("ttl=-");
  }
  if (stale) return Served::Stale;
  return hit ? Served::Hit : Served::Miss;
}

}  // namespace atl::lab
