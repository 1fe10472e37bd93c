#include "edge/cache/parts.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

#include "tests/unit/edge/cache/support_store.h"

using namespace atl::cache;
using namespace atl::cache::testing;
using atl::ByteSize;

namespace {

constexpr uint64_t kBlock = 100;
const std::string kKey = Ingredients{}.key;

std::string bytes_of_representation(uint64_t size, unsigned seed = 1) {
  std::minstd_rand random(seed);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

// A store with blocks of 100 bytes, and one representation of 1050.
struct World {
  Store store{ByteSize{1 << 20}, 1};
  Parts parts{store, kBlock};
  std::string truth = bytes_of_representation(1050);

  Pin outline(std::string_view etag = "\"a\"", uint64_t size = 1050, uint32_t lifetime = 60) {
    const std::string head = "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n" +
                             (etag.empty() ? "" : "ETag: " + std::string(etag) + "\r\n");
    Meta meta;
    meta.response_time = kNow;
    meta.lifetime = lifetime;
    auto made = parts.outline_for({.key = kKey, .head = head, .meta = meta, .size = size});
    REQUIRE(made);
    return *made;
  }
  Pin stored_outline() {
    Pin made = outline();
    REQUIRE(parts.store_outline(made));
    return made;
  }
  // In segments of `chunk` bytes.
  void keep(const Object& outline, uint64_t first, uint64_t count, size_t chunk = 64) {
    std::vector<SegmentRef> segments;
    const std::string_view bytes = std::string_view(truth).substr(first, count);
    for (size_t at = 0; at < bytes.size(); at += chunk) {
      segments.push_back(SegmentRef::adopt(std::string(bytes.substr(at, chunk))));
    }
    parts.keep(outline, first, segments);
  }
  // The bytes from `first` on that are there.
  std::string read(const Object& outline, uint64_t first, uint64_t last) {
    std::string out;
    while (first <= last) {
      const auto stretch = parts.find(outline, first);
      if (!stretch) break;
      const auto bytes = stretch.at(first).substr(0, last - first + 1);
      out += bytes;
      first += bytes.size();
    }
    return out;
  }
};

}  // namespace

TEST_CASE("parts: what was kept is found, and nothing beside it") {
  World w;
  const Pin outline = w.stored_outline();
  CHECK(outline->is_outline());
  CHECK(outline->body_size() == 1050);
  w.keep(*outline, 200, 250);
  CHECK(w.read(*outline, 200, 449) == w.truth.substr(200, 250));
  CHECK(w.read(*outline, 330, 330) == w.truth.substr(330, 1));
  CHECK(w.read(*outline, 0, 10).empty());
  CHECK_FALSE(w.parts.first_missing(*outline, {200, 449}));
  CHECK(w.parts.first_missing(*outline, {200, 450}) == 450);
  CHECK(w.parts.first_missing(*outline, {199, 300}) == 199);
  CHECK(w.parts.missing(*outline, 470) == ByteRange{450, 499});
  CHECK(w.parts.missing(*outline, 600) == ByteRange{600, 699});
  CHECK(w.parts.missing(*outline, 1049) == ByteRange{1000, 1049});
}

TEST_CASE("parts: stretches of a block are joined, whatever order they come in") {
  World w;
  const Pin outline = w.stored_outline();
  w.keep(*outline, 0, 40);
  w.keep(*outline, 30, 40);
  w.keep(*outline, 70, 30);
  CHECK(w.read(*outline, 0, 99) == w.truth.substr(0, 100));
  w.keep(*outline, 160, 40);
  w.keep(*outline, 100, 70);
  CHECK(w.read(*outline, 100, 199) == w.truth.substr(100, 100));
  CHECK(w.store.statistics().objects == 3);
}

TEST_CASE("parts: the last one makes the representation whole, and the pieces go") {
  World w;
  const Pin outline = w.stored_outline();
  w.keep(*outline, 0, 500);
  CHECK_FALSE(w.parts.assemble(*outline, 1 << 20));
  w.keep(*outline, 450, 600);
  CHECK_FALSE(w.parts.assemble(*outline, 1049));  // larger than allowed
  Pin whole = w.parts.assemble(*outline, 1050);
  REQUIRE(whole);
  CHECK(whole->kind() == Kind::Whole);
  CHECK(body_of(*whole) == w.truth);
  REQUIRE(w.parts.store_whole(whole));
  CHECK(w.store.statistics().objects == 1);
  CHECK(find(w.store, kKey).object->body_size() == 1050);
  // Whoever began with the outline goes on with the whole.
  CHECK(w.read(*outline, 0, 1049) == w.truth);
  CHECK_FALSE(w.parts.first_missing(*outline, {0, 1049}));
  // It is not pushed out by what is known of a part of it.
  CHECK_FALSE(w.parts.store_outline(w.outline()));
}

TEST_CASE("parts: an outline of the same representation keeps the pieces, another loses them") {
  struct Row {
    const char* etag;
    uint64_t size;
    bool kept;
  };
  for (const Row& row :
       {Row{"\"a\"", 1050, true}, Row{"\"b\"", 1050, false}, Row{"\"a\"", 1051, false},
        Row{"W/\"a\"", 1050, false}, Row{"", 1050, false}}) {
    CAPTURE(row.etag);
    CAPTURE(row.size);
    World w;
    const Pin old = w.stored_outline();
    w.keep(*old, 0, 100);
    const Pin fresh = w.outline(row.etag, row.size, 120);
    REQUIRE(w.parts.store_outline(fresh));
    CHECK((w.read(*fresh, 0, 99) == w.truth.substr(0, 100)) == row.kept);
    // What still arrives of the old one is kept only where it can be found.
    w.keep(*old, 100, 100);
    CHECK((w.read(*fresh, 100, 199) == w.truth.substr(100, 100)) == row.kept);
    CHECK(w.read(*fresh, 100, 199).empty() == !row.kept);
  }
}

TEST_CASE("parts: two outlines without a validator have nothing in common") {
  World w;
  const Pin one = w.outline("");
  REQUIRE(w.parts.store_outline(one));
  w.keep(*one, 0, 100);
  const Pin two = w.outline("");
  REQUIRE(w.parts.store_outline(two));
  CHECK(w.read(*two, 0, 99).empty());
}

TEST_CASE("parts: purged, they cannot be found, and nothing more of them is kept") {
  World w;
  const Pin outline = w.stored_outline();
  w.keep(*outline, 0, 100);
  CHECK(w.store.remove(kKey, w.store.hash(kKey)) == 1);
  w.keep(*outline, 100, 100);
  CHECK(w.store.statistics().objects == 1);  // the piece that ages out
  const Pin again = w.stored_outline();
  CHECK(w.parts.first_missing(*again, {0, 99}) == 0);
}

TEST_CASE("parts: a piece that was evicted is missing, and the others are not") {
  World w;
  const Pin outline = w.stored_outline();
  w.keep(*outline, 0, 1050);
  CHECK(w.store.remove(w.parts.find(*outline, 300).object));
  CHECK(w.parts.first_missing(*outline, {0, 1049}) == 300);
  CHECK_FALSE(w.parts.assemble(*outline, 1 << 20));
  CHECK(w.read(*outline, 400, 1049) == w.truth.substr(400));
}

TEST_CASE("parts: a store smaller than the representation keeps what it has room for, exactly") {
  constexpr uint64_t kLarge = 100'000;  // blocks that keep their segments
  Store store(ByteSize{600'000}, 1);
  Parts parts(store, kLarge);
  const std::string truth = bytes_of_representation(2'000'000);
  auto made = parts.outline_for({.key = kKey, .head = typical_head(), .size = truth.size()});
  REQUIRE(made);
  const Pin outline = *made;
  std::minstd_rand random(7);
  for (int i = 0; i < 400; ++i) {
    if (!parts.first_missing(*outline, {0, 0})) store.remove(kKey, store.hash(kKey));
    parts.store_outline(outline);
    const uint64_t first = random() % truth.size();
    const uint64_t count = std::min<uint64_t>(1 + random() % 150'000, truth.size() - first);
    parts.keep(*outline, first, {SegmentRef::adopt(truth.substr(first, count))});
    const auto statistics = store.statistics();
    REQUIRE(statistics.bytes <= 600'000);
    REQUIRE(statistics.bytes == statistics.object_bytes + statistics.index_bytes);
    for (uint64_t at = 0; at < truth.size(); at += 37'001) {
      const auto stretch = parts.find(*outline, at);
      if (!stretch) continue;
      const std::string_view bytes = stretch.at(at);
      REQUIRE(bytes == std::string_view(truth).substr(at, bytes.size()));
    }
  }
}
