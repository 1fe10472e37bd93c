// A hit must not allocate. A program of its own, because it replaces operator new.

#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <string>

#include "edge/cache/head.h"
#include "edge/cache/key.h"
#include "edge/cache/range.h"
#include "edge/cache/validation.h"
#include "tests/unit/edge/cache/support_store.h"

namespace {
std::atomic<uint64_t> allocations{0};
}

void* operator new(size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  std::abort();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

using namespace atl::cache;
using namespace atl::cache::testing;

TEST_CASE("allocation: none on a hit, with Vary, conditions, a range or without") {
  Store store(atl::ByteSize{8 << 20}, 4);
  const char* asked =
      "Accept-Language: en;q=1.0, de;q=0.5\nAccept-Encoding: gzip, br\nCache-Control: max-age=100\n"
      "If-None-Match: \"a\", \"b\"\nRange: bytes=0-1,3-4\nIf-Range: \"5f3c1b2a-400\"";
  const Section fields(asked);
  const RequestView request = get(fields);

  Ingredients plain;
  build_key({.distribution = "d", .authority = "h", .path_and_query = "/plain"}, plain.key);
  Ingredients varied;
  build_key({.distribution = "d", .authority = "h", .path_and_query = "/varied"}, varied.key);
  varied.variant_key = variant_of(asked, "Vary: Accept-Language, Accept-Encoding");
  REQUIRE(store.insert(make(plain)));
  REQUIRE(store.insert(make(varied)));

  std::string key;
  key.reserve(200);
  std::string head;
  head.reserve(2000);
  for (const char* path : {"/plain", "/varied"}) {
    const uint64_t before = allocations;
    build_key({.distribution = "d", .authority = "H:80", .path_and_query = path}, key);
    const RequestDirectives directives = parse_request_directives(request.fields);
    Store::Found found = store.find(key, store.hash(key), request.fields, directives, kNow);
    const bool hit = found && found.judgement.verdict == Verdict::Fresh;
    const Precondition condition = evaluate_preconditions(request, found.object->validators());
    const RangeDecision range =
        decide_range(request, {.size = found.object->body_size(),
                               .etag = found.object->etag(),
                               .last_modified = found.object->last_modified(),
                               .date = found.object->date()});
    build_not_modified_head(found.object->head(), head);
    const bool uncacheable = store.known_uncacheable(store.hash(key), kNow);
    {
      const atl::Holder holder = std::move(found.object).to_holder();
    }
    const uint64_t after = allocations;
    CHECK(after == before);
    CHECK(hit);
    CHECK(condition == Precondition::Proceed);
    CHECK(range.send == RangeDecision::Send::Partial);
    CHECK_FALSE(uncacheable);
  }
  CHECK(allocations > 0);
}
