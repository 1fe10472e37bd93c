#include "edge/cache/object.h"

#include <doctest/doctest.h>
#include <malloc.h>

#include <string>

#include "tests/unit/edge/cache/support_store.h"

using atl::cache::Kind;
using atl::cache::kInlineBody;
using atl::cache::kMaxObjectPart;
using atl::cache::make_object;
using atl::cache::make_refreshed;
using atl::cache::Meta;
using atl::cache::Object;
using atl::cache::Pin;
using atl::cache::SegmentRef;
using atl::cache::testing::body_of;
using atl::cache::testing::Ingredients;
using atl::cache::testing::kNow;
using atl::cache::testing::make;
using atl::cache::testing::typical_head;

TEST_CASE("object: gives back what it was made of") {
  struct Row {
    std::vector<std::string> body;
    size_t segments;
  };
  for (const Row& row : {
           Row{{}, 0},
           Row{{""}, 0},
           Row{{"x"}, 1},
           Row{{"hello ", "", "world"}, 1},
           Row{{std::string(kInlineBody, 'i')}, 1},
           Row{{std::string(kInlineBody + 1, 's')}, 1},
           Row{{std::string(kInlineBody, 'a'), std::string(kInlineBody, 'b')}, 2},
           Row{{std::string(kInlineBody, 'a'), "b", "c", std::string(kInlineBody, 'd')}, 3},
           Row{{std::string(kInlineBody, 'a'), "b"}, 2},
           Row{std::vector<std::string>(40'000, "x"), 1},
           Row{std::vector<std::string>(100'000, "x"), 2},
       }) {
    Ingredients from;
    from.body = row.body;
    from.variant_key = std::string(
        "foo\0\x01"
        "1\0",
        7);
    const Pin object = make(from);
    REQUIRE(object);
    std::string whole;
    for (const std::string& piece : row.body) whole += piece;
    CHECK(body_of(*object) == whole);
    CHECK(object->body_size() == whole.size());
    CHECK(object->segment_count() == row.segments);
    CHECK(object->key() == from.key);
    CHECK(object->variant_key() == from.variant_key);
    CHECK(object->head() == from.head);
    CHECK(object->status() == 200);
    CHECK(object->etag() == "\"5f3c1b2a-400\"");
    CHECK(object->last_modified() == "Sat, 05 Nov 1994 08:49:37 GMT");
    CHECK(object->date() == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(object->validators().response_time == kNow);
    CHECK(object->meta().lifetime == 60);
  }
}

TEST_CASE("object: a large body is taken over, not copied") {
  std::string text(100'000, 'x');
  const char* where = text.data();
  std::vector<SegmentRef> body;
  body.push_back(SegmentRef::adopt(std::move(text)));
  const std::string head = typical_head();
  const auto object = make_object({.key = "k", .variant_key = {}, .head = head}, std::move(body));
  REQUIRE(object);
  CHECK((*object)->segment(0).data() == where);
}

TEST_CASE("object: a string with much more room than bytes is cut to size") {
  std::string text(1000, 'x');
  text.reserve(100'000);
  CHECK(SegmentRef::adopt(std::move(text))->charge() < 2000);
}

TEST_CASE("object: head without validators") {
  Ingredients from;
  from.head = "HTTP/1.1 200 OK\r\n";
  const Pin object = make(from);
  CHECK(object->etag().empty());
  CHECK(object->last_modified().empty());
  CHECK(object->date().empty());
}

TEST_CASE("object: parts that are too large are refused") {
  const std::string just(kMaxObjectPart, 'x');
  const std::string more(kMaxObjectPart + 1, 'x');
  CHECK(make_object({.key = just, .variant_key = just, .head = just}, {}));
  CHECK_FALSE(make_object({.key = more, .variant_key = {}, .head = {}}, {}));
  CHECK_FALSE(make_object({.key = {}, .variant_key = more, .head = {}}, {}));
  CHECK_FALSE(make_object({.key = {}, .variant_key = {}, .head = more}, {}));
}

TEST_CASE("object: bytes outlive every other owner while a pin or a holder is left") {
  for (const size_t size : {size_t{10}, size_t{100'000}}) {
    Ingredients from;
    from.body = {std::string(size, 'x')};
    Pin first = make(from);
    Pin second = first;
    const std::string_view body = first->segment(0);
    first = Pin();
    CHECK(body == std::string(size, 'x'));
    atl::Holder holder = std::move(second).to_holder();
    CHECK_FALSE(second);
    CHECK(body == std::string(size, 'x'));
  }
}

TEST_CASE("object: refreshed by a 304 it shares a large body and copies a small one") {
  for (const size_t size : {size_t{0}, size_t{10}, size_t{100'000}}) {
    Ingredients from;
    from.body = {std::string(size, 'x')};
    const Pin old = make(from);
    Meta meta = old->meta();
    meta.lifetime = 999;
    const auto fresh = make_refreshed(*old, "HTTP/1.1 200 OK\r\nETag: \"n\"\r\n", meta);
    REQUIRE(fresh);
    CHECK(body_of(**fresh) == body_of(*old));
    CHECK((*fresh)->etag() == "\"n\"");
    CHECK((*fresh)->meta().lifetime == 999);
    CHECK((*fresh)->key() == old->key());
    if (size == 100'000) CHECK((*fresh)->segment(0).data() == old->segment(0).data());
  }
}

TEST_CASE("object: what a 1 KiB object costs beyond its body (goal: 500 bytes, index included)") {
  Ingredients from;
  from.key = std::string("d\0example.org\0/images/products/1234567.html", 43);
  from.body = {std::string(1024, 'x')};
  const Pin object = make(from);
  atl::cache::Store store(atl::ByteSize{64 << 20}, 1);
  const uint64_t empty = store.statistics().bytes;
  constexpr uint64_t kObjects = 20'000;
  for (uint64_t i = 0; i < kObjects; ++i) {
    Ingredients next = from;
    next.key.replace(next.key.size() - 12, 7, std::to_string(1'000'000 + i));
    REQUIRE(store.insert(make(next)));
  }
  const auto statistics = store.statistics();
  REQUIRE(statistics.objects == kObjects);
  const double each = static_cast<double>(statistics.bytes - empty) / kObjects - 1024;
  MESSAGE("head " << from.head.size() << ", key " << from.key.size() << ", header "
                  << sizeof(Object) << ", overhead " << each << " bytes an object");
#ifndef __SANITIZE_ADDRESS__
  CHECK(object->charge() == malloc_usable_size(const_cast<Object*>(object.get())));
  CHECK(each <= 420);
#endif
}

TEST_CASE("object: one that stands for a body is charged for it, the same with every allocator") {
  const auto object = make_object(
      {.key = "key", .head = "HTTP/1.1 200 OK\r\n", .kind = Kind::Sized, .size = 1'000'000}, {});
  REQUIRE(object);
  CHECK((*object)->body_size() == 1'000'000);
  CHECK((*object)->segment_count() == 0);
  CHECK((*object)->charge() == sizeof(Object) + 3 + 17 + 1'000'000);
}
