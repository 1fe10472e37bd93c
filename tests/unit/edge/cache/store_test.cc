#include "edge/cache/store.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "tests/unit/edge/cache/support_store.h"

using namespace std::chrono_literals;
using atl::ByteSize;
using atl::cache::kMaxVariants;
using atl::cache::make_refreshed;
using atl::cache::Object;
using atl::cache::parse_request_directives;
using atl::cache::Pin;
using atl::cache::Purge;
using atl::cache::Reason;
using atl::cache::Store;
using atl::cache::Verdict;
using atl::cache::testing::body_of;
using atl::cache::testing::find;
using atl::cache::testing::Ingredients;
using atl::cache::testing::kNow;
using atl::cache::testing::make;
using atl::cache::testing::Section;
using atl::cache::testing::variant_of;

namespace {

Pin object(std::string key, std::string body = "body") {
  Ingredients from;
  from.key = std::move(key);
  from.body = {std::move(body)};
  return make(from);
}

Pin variant(std::string key, const char* request, const char* vary, std::string body) {
  Ingredients from;
  from.key = std::move(key);
  from.variant_key = variant_of(request, vary);
  from.body = {std::move(body)};
  return make(from);
}

Pin tagged(std::string key, const char* keys) {
  Ingredients from;
  from.key = std::move(key);
  from.head += std::string("Surrogate-Key: ") + keys + "\r\n";
  return make(from);
}

}  // namespace

TEST_CASE("store: what was inserted is found and judged, what was not is not") {
  Store store(ByteSize{1 << 20}, 4);
  CHECK_FALSE(find(store, "a"));
  CHECK(store.insert(object("a", "A")));
  CHECK(store.insert(object("b", "B")));
  auto found = find(store, "a");
  REQUIRE(found);
  CHECK(body_of(*found.object) == "A");
  CHECK(found.judgement.verdict == Verdict::Fresh);
  CHECK(find(store, "a", "", kNow + 60s).judgement.verdict == Verdict::MustRevalidate);
  CHECK_FALSE(find(store, "c"));
  CHECK_FALSE(find(store, ""));
  const Section no_cache("Cache-Control: no-cache");
  CHECK(store.find("a", store.hash("a"), no_cache, parse_request_directives(no_cache), kNow)
            .judgement.reason == Reason::RequestNoCache);
  CHECK(store.statistics().objects == 2);
}

TEST_CASE("store: keys with the same hash are told apart") {
  // One shard; the hash given is the one place a caller could be wrong or a key could collide.
  Store store(ByteSize{1 << 20}, 1);
  store.insert(object("a", "A"));
  CHECK_FALSE(store.find("b", store.hash("a"), {}, {}, kNow));
}

TEST_CASE("store: the same variant is replaced, pins of the old one stay") {
  Store store(ByteSize{1 << 20}, 1);
  store.insert(object("a", "old"));
  const Pin old = find(store, "a").object;
  store.insert(object("a", "new"));
  CHECK(body_of(*find(store, "a").object) == "new");
  CHECK(body_of(*old) == "old");
  CHECK(store.statistics().objects == 1);
  CHECK(store.statistics().replacements == 1);
  CHECK(store.statistics().object_bytes == find(store, "a").object->charge());
}

TEST_CASE("store: variants of a key (RFC 9111 section 4.1)") {
  Store store(ByteSize{1 << 20}, 1);
  store.insert(variant("a", "Foo: 1", "Vary: Foo", "one"));
  store.insert(variant("a", "Foo: 2", "Vary: Foo", "two"));
  store.insert(variant("a", "", "Vary: Foo", "none"));
  CHECK(body_of(*find(store, "a", "Foo: 1").object) == "one");
  CHECK(body_of(*find(store, "a", "Foo: 2").object) == "two");
  CHECK(body_of(*find(store, "a", "").object) == "none");
  CHECK_FALSE(find(store, "a", "Foo: 3"));
  SUBCASE("other names: the newest that matches is selected") {
    store.insert(variant("a", "Bar: 1", "Vary: Bar", "bar"));
    CHECK(body_of(*find(store, "a", "Foo: 1\nBar: 1").object) == "bar");
    CHECK(body_of(*find(store, "a", "Foo: 1").object) == "one");
    store.insert(object("a", "no vary any more"));
    CHECK(body_of(*find(store, "a", "Foo: 1").object) == "no vary any more");
  }
  SUBCASE("all of them leave together") {
    CHECK(store.remove("a", store.hash("a")) == 3);
    CHECK_FALSE(find(store, "a", "Foo: 1"));
    CHECK(store.statistics().objects == 0);
  }
}

TEST_CASE("store: a key has so many variants and no more, the oldest leaves") {
  Store store(ByteSize{4 << 20}, 1);
  store.insert(object("other"));
  for (size_t i = 0; i < kMaxVariants + 10; ++i) {
    store.insert(
        variant("a", ("Foo: " + std::to_string(i)).c_str(), "Vary: Foo", std::to_string(i)));
  }
  CHECK(store.statistics().objects == kMaxVariants + 1);
  CHECK_FALSE(find(store, "a", "Foo: 0"));
  CHECK_FALSE(find(store, "a", "Foo: 9"));
  CHECK(find(store, "a", "Foo: 10"));
  CHECK(find(store, "a", ("Foo: " + std::to_string(kMaxVariants + 9)).c_str()));
  CHECK(find(store, "other"));
}

TEST_CASE("store: the least recently used leaves first") {
  Store store(ByteSize{64 * 1024}, 1);
  int inserted = 0;
  while (store.statistics().evictions == 0) {
    store.insert(object("k" + std::to_string(inserted++), std::string(500, 'x')));
    find(store, "k0");
  }
  CHECK(find(store, "k0"));
  CHECK_FALSE(find(store, "k1"));
  CHECK(find(store, "k2"));
}

TEST_CASE("store: capacity is never exceeded, whatever the sizes") {
  for (const uint64_t capacity : {uint64_t{40'000}, uint64_t{100'000}, uint64_t{1} << 20}) {
    for (const unsigned shards : {1U, 4U}) {
      Store store(ByteSize{capacity}, shards);
      for (int i = 0; i < 2000; ++i) {
        store.insert(object("k" + std::to_string(i % 700),
                            std::string(static_cast<size_t>(i * 7919 % 30'000), 'x')));
        const auto s = store.statistics();
        REQUIRE(s.bytes <= capacity);
        REQUIRE(s.bytes == s.object_bytes + s.index_bytes);
      }
      CHECK(store.statistics().evictions > 0);
      store.clear();
      CHECK(store.statistics().bytes == store.statistics().index_bytes);
    }
  }
}

TEST_CASE("store: what can never fit is refused without emptying the cache") {
  Store store(ByteSize{100'000}, 4);
  store.insert(object("small"));
  CHECK_FALSE(store.insert(object("large", std::string(100'000, 'x'))));
  CHECK(find(store, "small"));
  CHECK(store.statistics().refused == 1);
  CHECK(store.insert(object("most", std::string(50'000, 'x'))));
  Store none(ByteSize{0}, 1);
  CHECK_FALSE(none.insert(object("a")));
  CHECK_FALSE(find(none, "a"));
}

TEST_CASE("store: an object as large as many shards' shares is stored") {
  Store store(ByteSize{1 << 20}, 16);
  for (int i = 0; i < 500; ++i)
    store.insert(object("k" + std::to_string(i), std::string(2000, 'x')));
  CHECK(store.insert(object("large", std::string(700'000, 'x'))));
  CHECK(find(store, "large"));
  CHECK(store.statistics().bytes <= 1 << 20);
}

TEST_CASE("store: purges") {
  Store store(ByteSize{1 << 20}, 4);
  for (int i = 0; i < 600; ++i) {
    store.insert(object("site/" + std::to_string(i)));
    store.insert(object("other/" + std::to_string(i)));
  }
  SUBCASE("by key") {
    CHECK(store.remove("site/1", store.hash("site/1")) == 1);
    CHECK(store.remove("site/1", store.hash("site/1")) == 0);
    CHECK_FALSE(find(store, "site/1"));
    CHECK(find(store, "site/2"));
  }
  SUBCASE("by prefix") {
    CHECK(store.remove_prefix("site/") == 600);
    CHECK_FALSE(find(store, "site/599"));
    CHECK(find(store, "other/599"));
  }
  SUBCASE("by what an object says") {
    CHECK(store.remove_if([](const Object& o) { return o.key().ends_with("/7"); }) == 2);
    CHECK(store.statistics().objects == 1198);
  }
  SUBCASE("all") {
    CHECK(store.clear() == 1200);
    CHECK(store.statistics().objects == 0);
    CHECK(store.statistics().object_bytes == 0);
  }
  SUBCASE("softly: stale from now on, but there") {
    CHECK(store.remove("site/1", store.hash("site/1"), Purge::Soft) == 1);
    CHECK(store.remove_prefix("other/", Purge::Soft) == 600);
    const auto found = find(store, "site/1");
    REQUIRE(found);
    CHECK(found.judgement.verdict == Verdict::MustRevalidate);
    CHECK(found.judgement.reason == Reason::Purged);
    CHECK(find(store, "other/5").judgement.reason == Reason::Purged);
    CHECK(find(store, "site/2").judgement.verdict == Verdict::Fresh);
    CHECK(store.statistics().objects == 1200);
  }
  SUBCASE("exactly one object") {
    const Pin one = find(store, "site/1").object;
    CHECK(store.remove(one));
    CHECK_FALSE(store.remove(one));
    CHECK_FALSE(find(store, "site/1"));
  }
}

TEST_CASE("store: a purge by surrogate key finds what has it now") {
  Store store(ByteSize{4 << 20}, 4);
  for (int i = 0; i < 600; ++i) {
    store.insert(tagged("a" + std::to_string(i), i % 3 == 0 ? "news front" : "sport"));
  }
  SUBCASE("and no other") {
    CHECK(store.remove_tagged("news") == 200);
    CHECK(store.remove_tagged("news") == 0);
    CHECK_FALSE(find(store, "a0"));
    CHECK(find(store, "a1"));
    CHECK(store.statistics().object_bytes + store.statistics().index_bytes ==
          store.statistics().bytes);
  }
  SUBCASE("softly") {
    CHECK(store.remove_tagged("front", Purge::Soft) == 200);
    CHECK(find(store, "a3").judgement.reason == Reason::Purged);
    CHECK(find(store, "a4").judgement.verdict == Verdict::Fresh);
  }
  SUBCASE("replaced: what was there before does not count") {
    store.insert(tagged("a0", "sport"));
    store.insert(tagged("a1", "news"));
    CHECK(store.remove_tagged("news") == 200);
    CHECK(find(store, "a0"));
    CHECK_FALSE(find(store, "a1"));
  }
  SUBCASE("refreshed: nor what a 304 has changed") {
    const Pin old = find(store, "a0").object;
    const std::string head(tagged("", "sport")->head());
    CHECK(store.refresh(old, *make_refreshed(*old, head, old->meta())));
    CHECK(store.remove_tagged("news") == 199);
    CHECK(store.remove_tagged("sport") == 401);
  }
  SUBCASE("what was fetched before it is not stored after it") {
    const uint64_t epoch = store.purge_epoch(store.hash("b"));
    store.remove_tagged("unknown");
    CHECK_FALSE(store.insert(tagged("b", "sport"), epoch));
  }
}

TEST_CASE("store: what was fetched before a purge is not stored after it") {
  Store store(ByteSize{1 << 20}, 1);
  const uint64_t hash = store.hash("a");
  uint64_t epoch = store.purge_epoch(hash);
  CHECK(store.insert(object("a"), epoch));
  SUBCASE("by key") { store.remove("a", hash); }
  SUBCASE("by key, softly") { store.remove("a", hash, Purge::Soft); }
  SUBCASE("by key, with nothing stored") {
    store.remove("a", hash);
    store.remove("a", hash);
  }
  SUBCASE("by prefix") { store.remove_prefix("a"); }
  SUBCASE("all") { store.clear(); }
  CHECK_FALSE(store.insert(object("a", "before"), epoch));
  CHECK(store.insert(object("a", "after"), store.purge_epoch(hash)));
  CHECK(body_of(*find(store, "a").object) == "after");
  CHECK(store.statistics().bytes ==
        store.statistics().object_bytes + store.statistics().index_bytes);
}

TEST_CASE("store: refresh after a 304") {
  for (const size_t size : {size_t{10}, size_t{200'000}}) {
    Store store(ByteSize{300'000}, 1);
    store.insert(object("a", std::string(size, 'x')));
    const Pin old = find(store, "a").object;
    auto meta = old->meta();
    meta.lifetime = 1000;
    const Pin fresh = *make_refreshed(*old, old->head(), meta);
    SUBCASE("takes the place of the old one; a large body is paid once") {
      CHECK(store.refresh(old, fresh));
      CHECK(find(store, "a").object->meta().lifetime == 1000);
      CHECK(store.statistics().object_bytes == fresh->charge());
    }
    SUBCASE("not when the old one was replaced") {
      store.insert(object("a", "newer"));
      CHECK_FALSE(store.refresh(old, fresh));
      CHECK(body_of(*find(store, "a").object) == "newer");
    }
    SUBCASE("not when it was purged meanwhile") {
      const auto epoch = store.purge_epoch(store.hash("a"));
      store.remove("a", store.hash("a"), Purge::Soft);
      CHECK_FALSE(store.refresh(old, fresh, epoch));
      CHECK(find(store, "a").judgement.reason == Reason::Purged);
    }
    SUBCASE("after a soft purge it is fresh again") {
      store.remove("a", store.hash("a"), Purge::Soft);
      CHECK(store.refresh(old, *make_refreshed(*old, old->head(), old->meta()),
                          store.purge_epoch(store.hash("a"))));
      CHECK(find(store, "a").judgement.verdict == Verdict::Fresh);
    }
    SUBCASE("not when it is gone") {
      store.remove("a", store.hash("a"));
      CHECK_FALSE(store.refresh(old, fresh));
      CHECK_FALSE(find(store, "a"));
    }
    const auto s = store.statistics();
    CHECK(s.bytes == s.object_bytes + s.index_bytes);
  }
}

TEST_CASE("store: uncacheable keys are remembered for a time") {
  Store store(ByteSize{1 << 20}, 2);
  const uint64_t hash = store.hash("a");
  CHECK_FALSE(store.known_uncacheable(hash, kNow));
  store.mark_uncacheable(hash, kNow + 10s);
  CHECK(store.known_uncacheable(hash, kNow));
  CHECK(store.known_uncacheable(hash, kNow + 9s));
  CHECK_FALSE(store.known_uncacheable(hash, kNow + 10s));
  CHECK_FALSE(store.known_uncacheable(store.hash("b"), kNow));
  store.mark_uncacheable(hash, kNow + 20s);
  CHECK(store.known_uncacheable(hash, kNow + 15s));
  store.unmark_uncacheable(hash);
  CHECK_FALSE(store.known_uncacheable(hash, kNow));
}

TEST_CASE("store: marks are bounded, the newest stay") {
  Store store(ByteSize{1 << 20}, 1);
  const auto before = store.statistics().bytes;
  for (int i = 0; i < 100'000; ++i) {
    store.mark_uncacheable(store.hash("k" + std::to_string(i)),
                           kNow + std::chrono::milliseconds{i + 1});
  }
  CHECK(store.statistics().bytes == before);
  int kept = 0;
  for (int i = 0; i < 100'000; ++i)
    kept += store.known_uncacheable(store.hash("k" + std::to_string(i)), kNow);
  CHECK(kept > 200);
  CHECK(kept < 5000);
  CHECK(store.known_uncacheable(store.hash("k99999"), kNow));
}

TEST_CASE("store: shards and seeds") {
  for (const unsigned shards : {0U, 1U, 3U, 64U}) {
    Store store({.capacity = ByteSize{1 << 22}, .shards = shards, .hash_seed = 42});
    CHECK(store.hash("a") != Store(ByteSize{1 << 20}, 1).hash("a"));
    for (int i = 0; i < 1000; ++i) REQUIRE(store.insert(object("k" + std::to_string(i))));
    for (int i = 0; i < 1000; ++i) REQUIRE(find(store, "k" + std::to_string(i)));
  }
}
