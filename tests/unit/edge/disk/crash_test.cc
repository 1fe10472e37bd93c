#include <doctest/doctest.h>

#include <map>
#include <random>

#include "edge/disk/volume.h"
#include "tests/unit/edge/disk/support.h"

namespace atl::disk {
namespace {

// Objects of a few keys and sizes, over and over, until the device stops. What was ever appended.
std::map<std::string, int> write_until_stopped(Volume& volume, const PurgeBook& book,
                                               std::mt19937& random) {
  std::map<std::string, int> versions;
  for (int i = 1; i < 90; ++i) {
    const std::string key = "key" + std::to_string(random() % 40);
    const size_t size = random() % 12'000;
    const auto done = volume.append(*object(key, body_for(key, i, size)),
                                    {hash_of(key), static_cast<uint64_t>(i)}, book,
                                    [](uint64_t) { return true; });
    versions[key] = i;
    if (!done || (random() % 3 == 0 && !volume.flush())) break;
    read(volume, "key" + std::to_string(random() % 40), book);
  }
  return versions;
}

bool is_some_version(const std::string& key, const std::string& body) {
  for (int i = 1; i < 90; ++i) {
    if (body == body_for(key, i, body.size())) return true;
  }
  return false;
}

TEST_CASE("crash: at whichever write the machine stops, only whole objects come back") {
  size_t found = 0;
  for (uint64_t stop = 1; stop < 75; ++stop) {
    for (const bool power_cut : {false, true}) {
      CAPTURE(stop);
      CAPTURE(power_cut);
      std::mt19937 random(static_cast<unsigned>(stop));
      FakeDisk disk;
      const PurgeBook book(test_matchers());
      auto volume = open_volume(disk);
      REQUIRE(volume->recover());
      disk.stop_after_writes = stop;
      const auto versions = write_until_stopped(*volume, book, random);
      volume = nullptr;
      if (power_cut) {
        disk.crash(random);
      } else {
        disk.kill();
      }
      volume = open_volume(disk);
      REQUIRE(volume->recover());
      for (const auto& [key, version] : versions) {
        const auto reading = read(*volume, key, book);
        if (!reading.object) continue;
        ++found;
        CHECK(is_some_version(key, body_of(reading.object)));
      }
      // And it goes on working.
      for (int i = 0; i < 30; ++i) {
        REQUIRE(volume->append(*object("again" + std::to_string(i), body_for("again", i, 9000)),
                               {hash_of("again" + std::to_string(i)), 1000U + unsigned(i)}, book,
                               [](uint64_t) { return true; }));
      }
      REQUIRE(volume->flush());
      CHECK(body_of(read(*volume, "again29", book).object) == body_for("again", 29, 9000));
    }
  }
  CHECK(found > 1000);
}

TEST_CASE("crash: a process that dies loses nothing that was flushed") {
  FakeDisk disk;
  const PurgeBook book(test_matchers());
  auto volume = open_volume(disk);
  REQUIRE(volume->recover());
  for (int i = 0; i < 20; ++i) {
    const std::string key = "key" + std::to_string(i);
    REQUIRE(volume->append(*object(key, body_for(key, i, 7000)), {hash_of(key), 1U + unsigned(i)},
                           book, [](uint64_t) { return true; }));
  }
  REQUIRE(volume->flush());
  volume = nullptr;
  disk.kill();
  volume = open_volume(disk);
  REQUIRE(volume->recover());
  for (int i = 0; i < 20; ++i) {
    const std::string key = "key" + std::to_string(i);
    CHECK(body_of(read(*volume, key, book).object) == body_for(key, i, 7000));
  }
}

}  // namespace
}  // namespace atl::disk
