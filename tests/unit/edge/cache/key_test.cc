#include "edge/cache/key.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

using atl::cache::build_key;
using atl::cache::build_key_prefix;
using atl::cache::hash_key;

namespace {

std::string key_of(std::string_view authority, std::string_view target) {
  std::string out;
  build_key({.distribution = "d", .authority = authority, .path_and_query = target}, out);
  for (char& c : out) {
    if (c == '\0') c = '|';
  }
  return out;
}

}  // namespace

TEST_CASE("key: hosts are normalised, paths are not") {
  struct Row {
    const char* authority;
    const char* target;
    const char* want;
  };
  for (const Row& row : {
           Row{"example.org", "/", "d|example.org|/"},
           Row{"EXAMPLE.org", "/A", "d|example.org|/A"},
           Row{"example.org:80", "/", "d|example.org|/"},
           Row{"example.org:443", "/", "d|example.org|/"},
           Row{"example.org:", "/", "d|example.org|/"},
           Row{"example.org:8080", "/", "d|example.org:8080|/"},
           Row{"example.org.", "/", "d|example.org|/"},
           Row{"example.org.:80", "/", "d|example.org|/"},
           Row{"[::1]", "/", "d|[::1]|/"},
           Row{"[::1]:80", "/", "d|[::1]|/"},
           Row{"[::80]", "/", "d|[::80]|/"},
           Row{"[::1]:8080", "/", "d|[::1]:8080|/"},
           Row{"", "/", "d||/"},
           Row{".", "/", "d|.|/"},
           Row{"h", "/a%2Fb?x=1&y", "d|h|/a%2Fb?x=1&y"},
           Row{"h", "/a/../b", "d|h|/a/../b"},
       }) {
    CAPTURE(std::string(row.authority));
    CHECK(key_of(row.authority, row.target) == row.want);
  }
}

TEST_CASE("key: a prefix covers what a purge means and nothing beside it") {
  std::string key;
  std::string prefix;
  build_key({.distribution = "site", .authority = "h", .path_and_query = "/img/x"}, key);
  build_key_prefix({.distribution = "site", .authority = {}, .path_and_query = {}}, prefix);
  CHECK(key.starts_with(prefix));
  build_key_prefix({.distribution = "site", .authority = "H:80", .path_and_query = "/img/"},
                   prefix);
  CHECK(key.starts_with(prefix));
  build_key_prefix({.distribution = "sit", .authority = {}, .path_and_query = {}}, prefix);
  CHECK_FALSE(key.starts_with(prefix));
  build_key_prefix({.distribution = "site", .authority = "other", .path_and_query = {}}, prefix);
  CHECK_FALSE(key.starts_with(prefix));
}

TEST_CASE("key: reusing the buffer does not allocate once it has grown") {
  std::string key;
  build_key(
      {.distribution = "site", .authority = "h", .path_and_query = "/a-rather-long-path-indeed"},
      key);
  const char* where = key.data();
  build_key({.distribution = "site", .authority = "h", .path_and_query = "/short"}, key);
  CHECK(key.data() == where);
}

TEST_CASE("key: hashes depend on key and seed") {
  std::set<uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(hash_key("key" + std::to_string(i), 7));
  CHECK(seen.size() == 1000);
  CHECK(hash_key("key", 1) != hash_key("key", 2));
}
