#include <doctest/doctest.h>

#include "edge/disk/volume.h"
#include "tests/unit/edge/disk/support.h"

namespace atl::disk {
namespace {

bool yes(uint64_t) { return true; }

TEST_CASE("fault: whichever bit flips, no wrong byte is served and the volume still opens") {
  FakeDisk disk;
  const PurgeBook book(test_matchers());
  const VolumeOptions options = small_volume(4);
  {
    const auto volume = open_volume(disk, options);
    REQUIRE(volume->recover());
    for (int i = 0; i < 8; ++i) {
      const std::string key = "key" + std::to_string(i);
      REQUIRE(volume->append(*object(key, body_for(key, 1, 10'000)),
                             {hash_of(key), 1 + uint64_t(i)}, book, yes));
    }
    REQUIRE(volume->flush());
  }
  disk.kill();
  const std::string sound = disk.bytes("volume");
  size_t lost = 0;
  for (uint64_t at = kSuperblockBytes; at < sound.size(); at += 211) {
    disk.flip("volume", at);
    {
      const auto volume = open_volume(disk, options);
      REQUIRE(volume->recover());
      for (int i = 0; i < 8; ++i) {
        const std::string key = "key" + std::to_string(i);
        const auto reading = read(*volume, key, book);
        if (reading.object) {
          CHECK(body_of(reading.object) == body_for(key, 1, 10'000));
        } else {
          ++lost;
        }
      }
    }
    disk.flip("volume", at);
  }
  CHECK(lost > 0);
}

TEST_CASE("fault: a bit that flips while the volume is open is found by the reader") {
  FakeDisk disk;
  const PurgeBook book(test_matchers());
  const auto volume = open_volume(disk);
  REQUIRE(volume->recover());
  REQUIRE(
      volume->append(*object("key", body_for("key", 1, 40'000)), {hash_of("key"), 1}, book, yes));
  REQUIRE(volume->flush());
  disk.flip("volume", kSuperblockBytes + 30'000);
  CHECK(!read(*volume, "key", book).object);
  CHECK(volume->counters().bad_records == 1);
  CHECK(!volume->contains(hash_of("key")));
}

TEST_CASE("fault: reads that fail or fall short are misses") {
  FakeDisk disk;
  const PurgeBook book(test_matchers());
  const auto volume = open_volume(disk);
  REQUIRE(volume->recover());
  REQUIRE(volume->append(*object("key", body_for("key", 1, 5000)), {hash_of("key"), 1}, book, yes));
  REQUIRE(volume->flush());
  disk.fail_reads = true;
  auto reading = read(*volume, "key", book);
  CHECK(!reading.object);
  CHECK(reading.device_failed);
  CHECK(volume->counters().io_errors == 1);
  disk.fail_reads = false;
  CHECK(read(*volume, "key", book).object);  // an error of the device says nothing of the record
  disk.short_reads = 3000;
  CHECK(!read(*volume, "key", book).object);
}

TEST_CASE("fault: after a write that failed, what was there is there and writing goes on") {
  for (const bool full : {false, true}) {
    CAPTURE(full);
    FakeDisk disk;
    const PurgeBook book(test_matchers());
    auto volume = open_volume(disk);
    REQUIRE(volume->recover());
    REQUIRE(volume->append(*object("a", "first"), {hash_of("a"), 1}, book, yes));
    REQUIRE(volume->flush());
    (full ? disk.full : disk.fail_writes) = true;
    REQUIRE(volume->append(*object("b", "second"), {hash_of("b"), 2}, book, yes));
    const auto failed = volume->flush();
    REQUIRE(!failed);
    CHECK(failed.error().code == (full ? Code::Exhausted : Code::Io));
    CHECK(!read(*volume, "b", book).object);
    CHECK(volume->may_hold(hash_of("never seen")));  // who knows what reached the device
    CHECK(!volume->probe());
    disk.full = disk.fail_writes = false;
    CHECK(volume->probe());
    REQUIRE(volume->append(*object("c", "third"), {hash_of("c"), 3}, book, yes));
    REQUIRE(volume->flush());
    volume = nullptr;
    disk.kill();
    volume = open_volume(disk);
    REQUIRE(volume->recover());
    CHECK(body_of(read(*volume, "a", book).object) == "first");
    CHECK(!read(*volume, "b", book).object);
    CHECK(body_of(read(*volume, "c", book).object) == "third");
  }
}

}  // namespace
}  // namespace atl::disk
