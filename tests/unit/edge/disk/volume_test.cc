#include "edge/disk/volume.h"

#include <doctest/doctest.h>

#include "tests/support/scratch_directory.h"
#include "tests/unit/edge/disk/support.h"

namespace atl::disk {
namespace {

using namespace std::string_view_literals;

struct Shelf {
  FakeDisk disk;
  PurgeBook book{test_matchers()};
  std::unique_ptr<Volume> volume = open_volume(disk);
  uint64_t sequence = 0;

  Shelf() { REQUIRE(volume->recover()); }
  Result<void> add(const cache::Pin& object) {
    return volume->append(*object, {hash_of(object->key()), ++sequence}, book,
                          [](uint64_t) { return true; });
  }
  void reopen() {
    volume = nullptr;
    disk.kill();
    volume = open_volume(disk);
    REQUIRE(volume->recover());
  }
  std::string get(std::string_view key) {
    const auto reading = read(*volume, key, book);
    return reading.object ? body_of(reading.object) : "(none)";
  }
};

TEST_CASE("volume: an object comes back as it was, before and after a restart") {
  for (const size_t size : {0UL, 1UL, 1000UL, 16'384UL, 16'385UL, 60'000UL}) {
    CAPTURE(size);
    Shelf shelf;
    const std::string body = body_for("key", 1, size);
    REQUIRE(shelf.add(object("key", body, "accept\0\1gzip"sv)));
    CHECK(shelf.get("key") == "(none)");  // not written yet
    REQUIRE(shelf.volume->flush());
    for (const bool restarted : {false, true}) {
      CAPTURE(restarted);
      if (restarted) shelf.reopen();
      const auto reading = read(*shelf.volume, "key", shelf.book);
      REQUIRE(reading.object);
      const cache::Object& found = *reading.object;
      CHECK(body_of(reading.object) == body);
      CHECK(found.key() == "key");
      CHECK(found.variant_key() == "accept\0\1gzip"sv);
      CHECK(found.etag() == "\"x\"");
      CHECK(found.status() == 203);
      CHECK(found.meta().lifetime == 60);
      CHECK(found.meta().stale_if_error == 7);
      CHECK(found.meta().response_time == WallTime{std::chrono::milliseconds{1'700'000'000'123}});
      CHECK(!found.meta().has(cache::Meta::kPurged));
    }
  }
}

TEST_CASE("volume: the newer record of a key and variant wins, also after a restart") {
  Shelf shelf;
  REQUIRE(shelf.add(object("key", "old")));
  REQUIRE(shelf.volume->flush());
  REQUIRE(shelf.add(object("key", "new")));
  REQUIRE(shelf.volume->flush());
  CHECK(shelf.get("key") == "new");
  CHECK(shelf.volume->index().size() == 1);
  shelf.reopen();
  CHECK(shelf.get("key") == "new");
}

TEST_CASE("volume: variants are told apart, and another key under the same hash is a miss") {
  Shelf shelf;
  REQUIRE(shelf.add(object("key", "a", "v\0\1a"sv)));
  REQUIRE(shelf.add(object("key", "b", "v\0\1b"sv)));
  REQUIRE(shelf.volume->flush());
  const auto want = [](std::string_view variant) {
    return [variant](std::string_view given) { return given == variant; };
  };
  auto reading = shelf.volume->read("key", hash_of("key"), shelf.book, want("v\0\1a"sv));
  REQUIRE(reading.object);
  CHECK(body_of(reading.object) == "a");
  reading = shelf.volume->read("key", hash_of("key"), shelf.book, want("v\0\1c"sv));
  CHECK(!reading.object);
  reading = shelf.volume->read("other", hash_of("key"), shelf.book, any_variant);
  CHECK(!reading.object);
  CHECK(shelf.get("key") != "(none)");  // and nothing was thrown away for it
}

TEST_CASE("volume: full, the oldest region goes and what was read since is kept") {
  Shelf shelf;
  REQUIRE(shelf.add(object("loved", body_for("loved", 1, 2000))));
  REQUIRE(shelf.add(object("ignored", body_for("ignored", 1, 2000))));
  REQUIRE(shelf.volume->flush());
  for (int i = 0; i < 600; ++i) {  // twice the volume
    CAPTURE(i);
    const std::string key = "filler" + std::to_string(i);
    REQUIRE(shelf.add(object(key, body_for(key, 1, 2000))));
    REQUIRE(shelf.volume->flush());
    CHECK(shelf.get("loved") == body_for("loved", 1, 2000));
  }
  CHECK(shelf.get("ignored") == "(none)");
  CHECK(!shelf.volume->filling());
  CHECK(shelf.volume->counters().records_reinserted > 0);
  CHECK(shelf.volume->index().size() <= 8 * 31);
  const size_t known = shelf.volume->index().size();
  shelf.reopen();
  CHECK(shelf.volume->index().size() == known);
  CHECK(shelf.get("loved") == body_for("loved", 1, 2000));
  CHECK(shelf.get("filler599") == body_for("filler599", 1, 2000));
  CHECK(!shelf.volume->filling());
}

TEST_CASE("volume: an object that no region holds is refused, the largest that fits is not") {
  Shelf shelf;
  const size_t overhead = sizeof(RecordHeader) + 3 + object("key", "")->head().size();
  const size_t most = shelf.volume->largest_record() - overhead;
  const auto refused = shelf.add(object("key", std::string(most + 1, 'x')));
  REQUIRE(!refused);
  CHECK(refused.error().code == Code::TooLarge);
  REQUIRE(shelf.add(object("key", std::string(most, 'x'))));
  REQUIRE(shelf.volume->flush());
  CHECK(shelf.get("key").size() == most);
}

TEST_CASE("volume: the wrong file is refused with a sentence, or put aside") {
  const ScratchDirectory scratch;
  VolumeOptions options = small_volume();
  options.path = scratch.file("volume");
  const auto reason = [&](const VolumeOptions& with) {
    const auto opened = Volume::open(with, open_file);
    return opened ? std::string("opened") : opened.error();
  };
  REQUIRE(reason(options) == "opened");
  REQUIRE(reason(options) == "opened");
  VolumeOptions other = options;
  other.tier_id = 43;
  CHECK(reason(other).find("another node") != std::string::npos);
  other = options;
  other.number = 1;
  CHECK(reason(other).find("volume 0 of this node, listed as volume 1") != std::string::npos);
  other = options;
  other.size *= 2;
  CHECK(reason(other).find("another size") != std::string::npos);
  other.put_aside = true;
  CHECK(reason(other) == "opened");
  CHECK(scratch.read("volume.aside").size() == options.size);

  std::string bytes = scratch.read("volume.aside");
  bytes[16] = 9;
  scratch.write("volume", bytes);
  CHECK(reason(options).find("format version 9") != std::string::npos);
  scratch.write("volume", std::string(options.size, 'x'));
  CHECK(reason(options).find("not a volume") != std::string::npos);
  scratch.write("volume", "");
  CHECK(reason(options) == "opened");

  const auto held = Volume::open(options, open_file);
  REQUIRE(held);
  CHECK(reason(options).find("another process") != std::string::npos);
  other = options;
  other.size = 100'000;
  CHECK(reason(other).find("at least") != std::string::npos);
}

}  // namespace
}  // namespace atl::disk
