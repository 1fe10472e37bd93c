#include "edge/cache/part.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/unit/edge/cache/support.h"

using namespace atl::cache;
using atl::cache::testing::get;
using atl::cache::testing::Section;

namespace {

constexpr const char* kDate = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr const char* kEarlier = "Sun, 06 Nov 1994 08:00:00 GMT";

StoredView stored(std::string_view etag, std::string_view modified = {}) {
  return {
      .status = 200, .etag = etag, .last_modified = modified, .date = kDate, .response_time = {}};
}

using Kind = RangeSpec::Kind;
constexpr RangeSpec kFirstTen{Kind::FromTo, 0, 9};

PartDecision judge(const char* fields, PartFacts facts) {
  const Section section(fields);
  return judge_part({206, section}, facts);
}

}  // namespace

TEST_CASE("part: what combines (RFC 9110 section 15.3.7.3)") {
  struct Row {
    StoredView a;
    StoredView b;
    bool want;
  };
  for (const Row& row : {
           Row{stored("\"a\""), stored("\"a\""), true},
           Row{stored("\"a\""), stored("\"b\""), false},
           Row{stored("W/\"a\""), stored("W/\"a\""), false},
           Row{stored("\"a\"", kEarlier), stored("", kEarlier), false},
           Row{stored("", kEarlier), stored("", kEarlier), true},
           // As new as the response: another change may follow in the same second.
           Row{stored("", kDate), stored("", kDate), false},
           // A weak tag says that the date is no better.
           Row{stored("W/\"a\"", kEarlier), stored("W/\"a\"", kEarlier), false},
           Row{stored(""), stored(""), false},
           Row{stored("a"), stored("a"), false},
       }) {
    CAPTURE(row.a.etag);
    CAPTURE(row.a.last_modified);
    CHECK(same_representation(row.a, row.b) == row.want);
  }
}

TEST_CASE("part: a 206 to bytes=0-9 that is the first of its representation") {
  struct Row {
    const char* fields;
    PartReason want;
  };
  using R = PartReason;
  for (const Row& row : {
           Row{"Content-Range: bytes 0-9/100", R::Accepted},
           Row{"Content-Range: bytes 0-9/10", R::Accepted},
           Row{"Content-Range: bytes 0-4/5", R::Accepted},    // all there is
           Row{"Content-Range: bytes 0-4/100", R::Accepted},  // less than asked: some of it
           Row{"Content-Range: bytes 0-10/100", R::OtherRange},
           Row{"Content-Range: bytes 1-9/100", R::OtherRange},
           Row{"Content-Range: bytes 0-9/*", R::SizeUnknown},
           Row{"Content-Range: bytes 0-9/9", R::NoContentRange},
           Row{"Content-Range: bytes 9-0/100", R::NoContentRange},
           Row{"Content-Range: bytes */100", R::NoContentRange},
           Row{"Content-Range: items 0-9/100", R::NoContentRange},
           Row{"Content-Range: bytes 0-9/100, bytes 0-9/100", R::NoContentRange},
           Row{"Content-Range: bytes 0-9/100\nContent-Range: bytes 0-9/100", R::NoContentRange},
           Row{"", R::NoContentRange},
           Row{"Content-Type: multipart/byteranges; boundary=x", R::Multipart},
           Row{"Content-Type: multipart/byteranges; boundary=x\nContent-Range: bytes 0-9/100",
               R::Multipart},
       }) {
    CAPTURE(row.fields);
    CHECK(to_string(judge(row.fields, {.asked = &kFirstTen}).reason) == to_string(row.want));
  }
  CHECK(judge("Content-Range: bytes 0-9/100", {}).reason == R::Unasked);
}

TEST_CASE("part: ranges that are open at an end") {
  const RangeSpec from{Kind::From, 90, 0};
  const RangeSpec suffix{Kind::Suffix, 0, 10};
  struct Row {
    const RangeSpec* asked;
    const char* given;
    bool want;
  };
  for (const Row& row : {
           Row{&from, "Content-Range: bytes 90-99/100", true},
           Row{&from, "Content-Range: bytes 90-94/100", true},
           Row{&from, "Content-Range: bytes 89-99/100", false},
           Row{&suffix, "Content-Range: bytes 90-99/100", true},
           Row{&suffix, "Content-Range: bytes 95-99/100", true},
           Row{&suffix, "Content-Range: bytes 0-4/5", true},
           Row{&suffix, "Content-Range: bytes 89-99/100", false},
           Row{&suffix, "Content-Range: bytes 90-98/100", false},
       }) {
    CAPTURE(row.given);
    CHECK(judge(row.given, {.asked = row.asked}).accepted() == row.want);
  }
}

TEST_CASE("part: Content-Length and Content-Range must agree") {
  const char* fields = "Content-Range: bytes 0-9/100\nETag: \"a\"";
  CHECK(judge(fields, {.asked = &kFirstTen, .body_length = 10}).accepted());
  for (const uint64_t length : {uint64_t{0}, uint64_t{9}, uint64_t{11}}) {
    CAPTURE(length);
    CHECK(judge(fields, {.asked = &kFirstTen, .body_length = length}).reason == PartReason::Length);
  }
}

TEST_CASE(
    "part: the client's own range may come back as another, or short where nothing combines") {
  const RangeSpec suffix{Kind::Suffix, 0, 5};
  const PartFacts own{.asked = &suffix, .exact = true, .body_length = 5};
  CHECK(judge("Content-Range: bytes 0-4/10", own).range == ByteRange{0, 4});
  const PartDecision cut = judge("Content-Range: bytes 4-9/10", own);
  CHECK(cut.accepted());
  CHECK(cut.range == ByteRange{4, 8});
  CHECK(cut.named == ByteRange{4, 9});
  CHECK(cut.size == 10);
  CHECK(judge("Content-Range: bytes 4-9/10\nETag: \"a\"", own).reason == PartReason::Length);
  CHECK(judge("Content-Range: bytes 6-9/10", own).reason == PartReason::Length);
}

TEST_CASE("part: what does not belong to the stored parts") {
  const StoredView known = stored("\"a\"");
  const PartFacts facts{
      .asked = &kFirstTen, .body_length = 10, .stored = &known, .stored_size = 100};
  using R = PartReason;
  CHECK(judge("Content-Range: bytes 0-9/100\nETag: \"a\"", facts).reason == R::Accepted);
  CHECK(judge("Content-Range: bytes 0-9/101\nETag: \"a\"", facts).reason == R::OtherSize);
  CHECK(judge("Content-Range: bytes 0-9/100\nETag: \"b\"", facts).reason == R::OtherValidator);
  CHECK(judge("Content-Range: bytes 0-9/100\nETag: W/\"a\"", facts).reason == R::OtherValidator);
  CHECK(judge("Content-Range: bytes 0-9/100", facts).reason == R::OtherValidator);
}

TEST_CASE("part: the first request for a representation of unknown size asks for a block") {
  struct Row {
    RangeSpec wanted;
    const char* want;
    bool exact;
  };
  constexpr uint64_t kMax = UINT64_MAX;
  for (const Row& row : {
           Row{{Kind::FromTo, 0, 0}, "bytes=0-99", false},
           Row{{Kind::FromTo, 250, 9999}, "bytes=200-299", false},
           Row{{Kind::From, 99, 0}, "bytes=0-99", false},
           Row{{Kind::Suffix, 0, 5}, "bytes=-5", true},
           Row{{Kind::Suffix, 0, 100}, "bytes=-100", true},
           Row{{Kind::Suffix, 0, 101}, "bytes=-100", false},
           Row{{Kind::Suffix, 0, 0}, "", false},
           Row{{Kind::From, kMax, 0}, "", false},
       }) {
    CAPTURE(row.want);
    const auto ask = first_ask(row.wanted, 100);
    CHECK((ask ? range_value(ask->spec) : "") == row.want);
    if (ask) CHECK(ask->exact == row.exact);
  }
}

TEST_CASE("part: what is missing around an offset, and how it is asked for") {
  const ByteRange block = block_around(250, 100, 280);
  CHECK(block == ByteRange{200, 279});
  CHECK(range_value(ask_for(block, 280)) == "bytes=200-");
  CHECK(range_value(ask_for(block_around(199, 100, 280), 280)) == "bytes=100-199");
  CHECK(missing_around(250, block, {}) == block);
  CHECK(missing_around(250, block, ByteRange{200, 209}) == ByteRange{210, 279});
  CHECK(missing_around(200, block, ByteRange{250, 259}) == ByteRange{200, 249});
}

TEST_CASE("part: one stretch is kept of two in a block") {
  struct Row {
    ByteRange old;
    ByteRange fresh;
    Join want;
  };
  for (const Row& row : {
           Row{{0, 9}, {2, 5}, Join::Old},
           Row{{0, 9}, {0, 9}, Join::Old},
           Row{{2, 5}, {0, 9}, Join::New},
           Row{{0, 4}, {5, 9}, Join::OldThenNew},
           Row{{0, 6}, {5, 9}, Join::OldThenNew},
           Row{{5, 9}, {0, 4}, Join::NewThenOld},
           Row{{5, 9}, {0, 6}, Join::NewThenOld},
           Row{{0, 1}, {5, 9}, Join::New},
           Row{{0, 4}, {6, 7}, Join::Old},
       }) {
    CAPTURE(row.old.first);
    CAPTURE(row.fresh.first);
    CHECK(join_stretches(row.old, row.fresh) == row.want);
  }
}

TEST_CASE("part: the head of the whole has neither the part's range nor its length") {
  const Section part(
      "Content-Range: bytes 0-9/100\ncontent-length: 10\nContent-Type: text/plain\nETag: \"a\"");
  const auto whole = fields_of_whole(part);
  REQUIRE(whole.size() == 2);
  CHECK(whole[0].name == "Content-Type");
  CHECK(whole[1].name == "ETag");
}

TEST_CASE("range: the ranges that a request asks for") {
  RangeSet set;
  CHECK(read_ranges(get(""), set) == RangeReason::None);
  CHECK(set.count == 0);
  CHECK(read_ranges(get("Range: bytes=0-4, -5"), set) == RangeReason::None);
  REQUIRE(set.count == 2);
  CHECK(range_value(set.specs[0]) == "bytes=0-4");
  CHECK(range_value(set.specs[1]) == "bytes=-5");
  CHECK(read_ranges(get("Range: bytes=0-4\nRange: bytes=5-9"), set) == RangeReason::Malformed);
  const Section fields("Range: bytes=0-4");
  CHECK(read_ranges({.method = "HEAD", .fields = fields}, set) == RangeReason::Method);
}
