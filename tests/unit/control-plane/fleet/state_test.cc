// What the control plane keeps on disk: the last version, and the purges.

#include <doctest/doctest.h>

#include <string>

#include "control-plane/fleet/purge_log.h"
#include "control-plane/fleet/snapshot.h"
#include "tests/support/scratch_directory.h"

namespace atl::control {
namespace {

Content content(const std::string& source) {
  Content made;
  made.origins.push_back({"www", "127.0.0.1:1", source});
  return made;
}

struct Versions {
  std::string path;
  std::string warning;
  uint64_t now = 1'000'000;

  SnapshotVersions open() {
    auto versions = SnapshotVersions::open(path, now, warning);
    REQUIRE(versions);
    return *std::move(versions);
  }
  uint64_t next(const std::string& source) {
    SnapshotVersions versions = open();
    const auto snapshot = versions.next(content(source));
    REQUIRE(snapshot);
    return (*snapshot)->version;
  }
};

TEST_CASE("versions: grow with every change, and only then, over restarts too") {
  const ScratchDirectory scratch;
  Versions versions{scratch.file("version"), ""};
  CHECK(versions.next("a") == 1);
  CHECK(versions.next("a") == 1);
  CHECK(versions.next("b") == 2);
  CHECK(versions.next("b") == 2);
  CHECK(versions.next("a") == 3);
  SnapshotVersions living = versions.open();
  CHECK((*living.next(content("a")))->version == 3);
  CHECK((*living.next(content("c")))->version == 4);
  CHECK((*living.next(content("d")))->version == 5);
  CHECK(versions.next("d") == 5);
  CHECK(versions.warning.empty());
}

TEST_CASE("versions: a damaged file is named and never leads back, wherever it was cut off") {
  const ScratchDirectory scratch;
  Versions versions{scratch.file("version"), ""};
  CHECK(versions.next("a") == 1);
  const std::string good = scratch.read("version");
  for (size_t length = 0; length + 1 < good.size(); ++length) {  // without its line end it is whole
    CAPTURE(length);
    scratch.write("version", good.substr(0, length));
    versions.warning.clear();
    CHECK(versions.next("a") == versions.now + 1);
    CHECK(versions.warning.starts_with(scratch.file("version") + ": damaged"));
  }
  std::string flipped = good;
  flipped[flipped.find(" 1: 1 ") + 4] = '2';
  scratch.write("version", flipped);
  CHECK(versions.next("a") == versions.now + 1);
}

TEST_CASE("versions: what cannot be written is not given out") {
  const ScratchDirectory scratch;
  Versions versions{scratch.file("no/such/folder/version"), ""};
  SnapshotVersions living = versions.open();
  const auto snapshot = living.next(content("a"));
  REQUIRE_FALSE(snapshot);
  CHECK(snapshot.error().find("No such file or directory") != std::string::npos);
}

PurgeLog open_log(const std::string& path, std::string& warning) {
  auto log = PurgeLog::open(path, warning);
  REQUIRE(log);
  return *std::move(log);
}

PurgeRequest url(const std::string& value) { return {PurgeRequest::Kind::Url, value, false}; }

TEST_CASE("purge log: numbers grow by one and survive a restart") {
  const ScratchDirectory scratch;
  std::string warning;
  const std::string path = scratch.file("purges");
  {
    PurgeLog log = open_log(path, warning);
    CHECK(log.last() == 0);
    CHECK(log.append(url("http://a/1"), 5)->number == 1);
    CHECK(log.append({PurgeRequest::Kind::Everything, "", true}, 6)->number == 2);
  }
  PurgeLog log = open_log(path, warning);
  CHECK(warning.empty());
  CHECK(log.last() == 2);
  CHECK(log.append({PurgeRequest::Kind::Tag, "t", false}, 7)->number == 3);
  const std::vector<Purge> due = log.after(1);
  REQUIRE(due.size() == 2);
  CHECK(due[0] == Purge{2, 6, {PurgeRequest::Kind::Everything, "", true}});
  CHECK(due[1] == Purge{3, 7, {PurgeRequest::Kind::Tag, "t", false}});
  CHECK(log.after(3).empty());
  CHECK(log.after(0).size() == 3);
}

TEST_CASE("purge log: a node from another log is told everything there is") {
  const ScratchDirectory scratch;
  std::string warning;
  PurgeLog log = open_log(scratch.file("purges"), warning);
  CHECK(log.after(57).empty());
  CHECK(log.append(url("http://a/1"), 5));
  CHECK(log.after(57).size() == 1);
}

TEST_CASE("purge log: old entries are dropped, and stand for everything") {
  const ScratchDirectory scratch;
  std::string warning;
  const std::string path = scratch.file("purges");
  PurgeLog log = open_log(path, warning);
  const size_t all = 2 * PurgeLog::kKept + 1;
  for (size_t i = 0; i < all; ++i) REQUIRE(log.append(url("http://a/" + std::to_string(i)), i));
  for (const bool reopened : {false, true}) {
    CAPTURE(reopened);
    if (reopened) log = open_log(path, warning);
    CHECK(log.last() == all);
    const std::vector<Purge> due = log.after(3);
    REQUIRE(due.size() == PurgeLog::kKept + 1);
    CHECK(due[0].what.kind == PurgeRequest::Kind::Everything);
    CHECK(due[0].number == all - PurgeLog::kKept);
    CHECK(due[1].number == all - PurgeLog::kKept + 1);
    CHECK(log.after(all - 1).size() == 1);
  }
  CHECK(warning.empty());
}

TEST_CASE("purge log: cut off anywhere, no number is given out twice and nothing is forgotten") {
  const ScratchDirectory scratch;
  const std::string path = scratch.file("purges");
  std::string warning;
  {
    PurgeLog log = open_log(path, warning);
    for (const char* target : {"http://a/1", "http://a/2", "http://a/3"}) {
      REQUIRE(log.append(url(target), 1));
    }
  }
  const std::string good = scratch.read("purges");
  for (size_t length = 0; length < good.size(); ++length) {
    CAPTURE(length);
    scratch.write("purges", good.substr(0, length));
    warning.clear();
    PurgeLog log = open_log(path, warning);
    const bool between_lines = length == 0 || good[length - 1] == '\n';
    CHECK(warning.empty() == between_lines);
    if (between_lines) continue;
    CHECK(log.last() > 3);
    const std::vector<Purge> due = log.after(3);
    REQUIRE_FALSE(due.empty());
    CHECK(due[0].what.kind == PurgeRequest::Kind::Everything);
    warning.clear();
    CHECK(open_log(path, warning).last() == log.last());
    CHECK(warning.empty());
  }
}

TEST_CASE("purge: what makes sense") {
  using Kind = PurgeRequest::Kind;
  struct Row {
    Kind kind;
    const char* value;
    bool good;
  };
  for (const Row& row : {Row{Kind::Url, "http://a/", true},
                         Row{Kind::Url, "https://a.b/c?d=e", true},
                         Row{Kind::Url, "http://a", false},
                         Row{Kind::Url, "/c", false},
                         Row{Kind::Url, "ftp://a/", false},
                         Row{Kind::Url, "http:///x", false},
                         Row{Kind::Url, "http://a/b c", false},
                         Row{Kind::Url, "http://a/\n", false},
                         Row{Kind::Prefix, "http://a/b*", true},
                         Row{Kind::Prefix, "http://a/b", false},
                         Row{Kind::Prefix, "http://*", false},
                         Row{Kind::Host, "a.example", true},
                         Row{Kind::Host, "*.example", false},
                         Row{Kind::Host, "a/b", false},
                         Row{Kind::Host, "", false},
                         Row{Kind::Tag, "t-1", true},
                         Row{Kind::Tag, "", false},
                         Row{Kind::Tag, "\xc3\xa4", false},
                         Row{Kind::Everything, "", true},
                         Row{Kind::Everything, "x", false}}) {
    CAPTURE(row.value);
    CHECK((check_purge({row.kind, row.value, false}) == nullptr) == row.good);
  }
  CHECK(check_purge({Kind::Tag, std::string(8193, 'x'), false}) != nullptr);
}

}  // namespace
}  // namespace atl::control
