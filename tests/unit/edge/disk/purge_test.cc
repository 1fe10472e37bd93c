#include <doctest/doctest.h>

#include "edge/disk/purge_book.h"
#include "edge/disk/purge_journal.h"
#include "tests/support/scratch_directory.h"
#include "tests/unit/edge/disk/support.h"

namespace atl::disk {
namespace {

using Kind = Rule::Kind;

TEST_CASE("purge book: a purge concerns what is older and matches") {
  struct Row {
    Rule rule;
    Fate older, newer, other;
  };
  for (const Row& row : {
           Row{{Kind::Key, false, 10, 77, {}}, Fate::Gone, Fate::Live, Fate::Live},
           Row{{Kind::Key, true, 10, 77, {}}, Fate::Soft, Fate::Live, Fate::Live},
           Row{{Kind::Prefix, false, 10, 0, "site/a"}, Fate::Gone, Fate::Live, Fate::Live},
           Row{{Kind::Prefix, true, 10, 0, "site/a"}, Fate::Soft, Fate::Live, Fate::Live},
           Row{{Kind::Host, false, 10, 0, "site"}, Fate::Gone, Fate::Live, Fate::Live},
           Row{{Kind::Tag, true, 10, 0, "news"}, Fate::Soft, Fate::Live, Fate::Live},
           Row{{Kind::Everything, false, 10, 0, {}}, Fate::Gone, Fate::Live, Fate::Gone},
           Row{{Kind::Everything, true, 10, 0, {}}, Fate::Soft, Fate::Live, Fate::Soft},
       }) {
    CAPTURE(static_cast<int>(row.rule.kind));
    CAPTURE(row.rule.soft);
    PurgeBook book(test_matchers());
    book.add(row.rule);
    // The same after being written down and read again.
    PurgeBook copy(test_matchers());
    for (const Rule& rule : book.rules()) copy.add(rule);
    for (const PurgeBook* each : {&book, &copy}) {
      CHECK(each->judge({9, 77, "site/a/b", "Tag: news"}) == row.older);
      CHECK(each->judge({11, 77, "site/a/b", "Tag: news"}) == row.newer);
      CHECK(each->judge({9, 78, "elsewhere", "Tag: old"}) == row.other);
    }
  }
}

TEST_CASE("purge book: a hard purge beats a soft one, and the same purge again takes no room") {
  PurgeBook book(test_matchers());
  book.add({Kind::Tag, true, 10, 0, "news"});
  book.add({Kind::Tag, false, 12, 0, "news"});
  CHECK(book.judge({9, 1, "k", "news"}) == Fate::Gone);
  CHECK(book.judge({11, 1, "k", "news"}) == Fate::Gone);
  for (uint64_t i = 0; i < 5000; ++i) book.add({Kind::Tag, false, 13 + i, 0, "news"});
  CHECK(book.size() == 2);
}

TEST_CASE("purge book: too many purges cost content, never a purge") {
  PurgeBook book(test_matchers());
  for (uint64_t i = 1; i <= 3 * PurgeBook::kMaxPatterns; ++i) {
    book.add({Kind::Prefix, false, i, 0, "p" + std::to_string(i) + "/"});
  }
  for (uint64_t i = 1; i <= PurgeBook::kMaxKeys + 10; ++i) {
    book.add({Kind::Key, false, 10'000 + i, i, {}});
  }
  CHECK(book.size() <= PurgeBook::kMaxKeys + PurgeBook::kMaxPatterns);
  for (uint64_t i = 1; i <= 3 * PurgeBook::kMaxPatterns; i += 7) {
    CHECK(book.judge({i - 1, 0, "p" + std::to_string(i) + "/x", ""}) == Fate::Gone);
  }
  CHECK(book.judge({1'000'000, 1, "p1/x", ""}) == Fate::Live);
}

TEST_CASE("purge journal: what was appended is there after a restart, with its identity") {
  const ScratchDirectory scratch;
  const std::string path = scratch.file("purges");
  uint64_t id = 0;
  {
    auto journal = PurgeJournal::open(path, open_file);
    REQUIRE(journal);
    id = (*journal)->contents().tier_id;
    const std::vector<Rule> rules{{Kind::Prefix, true, 5, 0, "abc"}, {Kind::Key, false, 6, 99, {}}};
    REQUIRE((*journal)->append(rules));
    const auto second = PurgeJournal::open(path, open_file);
    REQUIRE(!second);
    CHECK(second.error().find("another process") != std::string::npos);
  }
  auto journal = PurgeJournal::open(path, open_file);
  REQUIRE(journal);
  const JournalContents& contents = (*journal)->contents();
  CHECK(contents.tier_id == id);
  CHECK(contents.starts == 2);
  CHECK(!contents.damaged);
  REQUIRE(contents.rules.size() == 2);
  CHECK(contents.rules[0].value == "abc");
  CHECK(contents.rules[0].soft);
  CHECK(contents.rules[1].hash == 99);
}

TEST_CASE("purge journal: damage is never taken for the end") {
  JournalContents contents{.tier_id = 1, .hash_seed = 2, .starts = 3, .rules = {}};
  contents.rules = {{Kind::Prefix, false, 5, 0, "abc"}, {Kind::Host, false, 6, 0, "defg"}};
  const std::string bytes = encode_journal(contents);
  JournalContents out;
  REQUIRE(parse_journal(bytes, out) == JournalSort::Sound);
  REQUIRE(!out.damaged);
  const size_t first = encode_journal({.tier_id = 1, .rules = {}}).size();
  for (size_t i = first; i < bytes.size(); ++i) {
    CAPTURE(i);
    std::string flipped = bytes;
    flipped[i] ^= 4;
    REQUIRE(parse_journal(flipped, out) == JournalSort::Sound);
    CHECK(out.damaged);
  }
  std::string flipped = bytes;
  flipped[30] ^= 4;
  CHECK(parse_journal(flipped, out) == JournalSort::Alien);
  flipped = bytes;
  flipped[16] ^= 4;
  CHECK(parse_journal(flipped, out) == JournalSort::OtherVersion);
}

}  // namespace
}  // namespace atl::disk
