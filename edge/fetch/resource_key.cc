#include "edge/fetch/resource_key.h"

#include "edge/cache/key.h"
#include "edge/policy/query.h"
#include "edge/routing/target.h"

namespace atl::edge {

bool resource_key(const Distribution& distribution, std::string_view authority,
                  std::string_view path_and_query, std::string& key) {
  std::string scratch;
  const Behaviour* behaviour = distribution.match(normalise_path(path_and_query, scratch));
  if (behaviour == nullptr) return false;
  policy::Pieces pieces;
  std::string target;
  const auto kept =
      policy::normalise_query(behaviour->cache.key.query, path_and_query, pieces, target);
  if (!kept) return false;
  if (!distribution.canonical_host.empty()) authority = distribution.canonical_host;
  cache::build_key(
      {.distribution = distribution.id, .authority = authority, .path_and_query = *kept}, key);
  return true;
}

}  // namespace atl::edge
