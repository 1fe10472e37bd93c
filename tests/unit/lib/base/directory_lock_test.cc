#include "lib/base/directory_lock.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>

#include "lib/base/durable_file.h"
#include "tests/support/scratch_directory.h"

namespace atl {
namespace {

mode_t mode_of(const std::string& path) {
  struct stat status{};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status.st_mode & 0777;
}

TEST_CASE("directory lock: one at a time, whoever they are") {
  const ScratchDirectory scratch;
  const std::string directory = scratch.file("a/b");
  auto first = DirectoryLock::take(directory);
  REQUIRE(first.has_value());
  CHECK(mode_of(directory) == 0700);
  std::optional<DirectoryLock> held(*std::move(first));
  std::atomic<bool> released = false;
  std::jthread second([&] {
    const auto lock = DirectoryLock::take(directory);
    CHECK(lock.has_value());
    CHECK(released);
  });
  released = true;
  held.reset();
  second.join();
  CHECK(DirectoryLock::take(directory).has_value());
  scratch.write("file", "");
  CHECK(!DirectoryLock::take(scratch.file("file")).has_value());
}

TEST_CASE("durable file: what is the owner's alone is so from its first byte") {
  const ScratchDirectory scratch;
  const std::string path = scratch.file("secret");
  scratch.write("secret.new", "left by a crash, for all to read");
  REQUIRE(chmod((path + ".new").c_str(), 0666) == 0);
  REQUIRE(replace_file(path, "s", FileAccess::Owner).has_value());
  CHECK(mode_of(path) == 0600);
  CHECK(scratch.read("secret") == "s");
  CHECK(replace_file(path, "t").has_value());
  CHECK(mode_of(path) == (0640 & ~([] {
                            const mode_t mask = umask(0);
                            umask(mask);
                            return mask;
                          })()));
}

}  // namespace
}  // namespace atl
