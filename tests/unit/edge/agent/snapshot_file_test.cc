#include "edge/agent/snapshot_file.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "tests/support/scratch_directory.h"

namespace atl::edge {
namespace {

const StoredSnapshot kSnapshot{42, std::string("some bytes, a \0 among them", 26)};

TEST_CASE("snapshot file: what is saved is loaded") {
  const ScratchDirectory scratch;
  const std::string path = scratch.file("snapshot");
  std::string warning;
  CHECK_FALSE(load_snapshot(path, warning));
  CHECK(warning.empty());
  REQUIRE(save_snapshot(path, kSnapshot));
  CHECK(load_snapshot(path, warning) == kSnapshot);
  REQUIRE(save_snapshot(path, {43, ""}));
  CHECK(load_snapshot(path, warning) == StoredSnapshot{43, ""});
  CHECK(warning.empty());
  CHECK_FALSE(std::filesystem::exists(path + ".new"));
}

TEST_CASE("snapshot file: cut off at any byte it is named, set aside and counts as none") {
  const std::string good = encode_snapshot_file(kSnapshot);
  for (size_t length = 0; length < good.size(); ++length) {
    CAPTURE(length);
    const ScratchDirectory scratch;
    scratch.write("snapshot", good.substr(0, length));
    std::string warning;
    CHECK_FALSE(load_snapshot(scratch.file("snapshot"), warning));
    CHECK(warning.starts_with(scratch.file("snapshot") + ": it is cut off"));
    CHECK(warning.ends_with("set aside as " + scratch.file("snapshot.damaged")));
    CHECK(scratch.read("snapshot.damaged") == good.substr(0, length));
    CHECK_FALSE(std::filesystem::exists(scratch.file("snapshot")));
  }
}

TEST_CASE("snapshot file: no flipped bit goes unnoticed") {
  const std::string good = encode_snapshot_file(kSnapshot);
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    CAPTURE(bit);
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ 1 << bit % 8);
    CHECK_FALSE(decode_snapshot_file(bad));
  }
  CHECK_FALSE(decode_snapshot_file(good + "x"));
  CHECK_FALSE(decode_snapshot_file(encode_snapshot_file({0, "no version"})));
  CHECK(decode_snapshot_file(good));
}

TEST_CASE("snapshot file: what cannot be written or read is said") {
  const ScratchDirectory scratch;
  const std::string path = scratch.file("no/folder/snapshot");
  const auto saved = save_snapshot(path, kSnapshot);
  REQUIRE_FALSE(saved);
  CHECK(saved.error() == "cannot write " + path + ".new: No such file or directory");
  std::string warning;
  CHECK_FALSE(load_snapshot(scratch.path(), warning));
  CHECK(warning == "cannot read " + scratch.path() + ": Is a directory");
}

TEST_CASE("snapshot file: an old one stays when the new one cannot be written") {
  const ScratchDirectory scratch;
  const std::string path = scratch.file("snapshot");
  REQUIRE(save_snapshot(path, kSnapshot));
  std::filesystem::create_directory(path + ".new");  // in the way
  CHECK_FALSE(save_snapshot(path, {43, "new"}));
  std::string warning;
  CHECK(load_snapshot(path, warning) == kSnapshot);
}

}  // namespace
}  // namespace atl::edge
