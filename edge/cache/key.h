#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace atl::cache {

// What a primary key is made of (RFC 9111 section 2: the target URI). The scheme is not part of it:
// a distribution is one site whichever way it is reached.
struct KeyParts {
  std::string_view distribution;    // identifier, not empty
  std::string_view authority;       // host[:port] as received
  std::string_view path_and_query;  // origin-form
};

// Writes distribution NUL authority NUL path_and_query into `out`, replacing what it held; no
// allocation once `out` has grown. The host is lowered and a trailing dot of it removed, port 80
// and 443 are dropped. The path is taken byte for byte: two spellings of one resource are two keys
// unless the caller normalises them, for a cache must never join what the origin tells apart.
void build_key(const KeyParts& parts, std::string& out);

// Prefix that all keys of a distribution (and of an authority in it, when not empty) begin with,
// for purges by prefix; path_and_query may be a prefix of a path.
void build_key_prefix(const KeyParts& parts, std::string& out);

// XXH3. Give a random seed per process, so that nobody outside can prepare colliding keys; the
// store carries it: Store::hash().
uint64_t hash_key(std::string_view key, uint64_t seed);

}  // namespace atl::cache
