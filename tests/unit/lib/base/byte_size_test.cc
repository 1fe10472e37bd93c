#include "lib/base/byte_size.h"

#include <doctest/doctest.h>

using atl::ByteSize;
using atl::parse_byte_size;

TEST_CASE("byte size: numbers with every unit") {
  struct Row {
    const char* text;
    uint64_t want;
  };
  for (const Row& row : {Row{"0", 0}, Row{"512", 512}, Row{"512B", 512}, Row{"1KiB", 1024},
                         Row{"1kB", 1000}, Row{"64MiB", 64ULL << 20}, Row{"1.5 GiB", 3ULL << 29},
                         Row{"10GB", 10'000'000'000}, Row{"2TiB", 2ULL << 40}}) {
    CAPTURE(row.text);
    const auto size = parse_byte_size(row.text);
    REQUIRE(size);
    CHECK(size->count == row.want);
  }
}

TEST_CASE("byte size: what is not a size is refused") {
  for (const char* text :
       {"", "MiB", "-1", "1 XB", "1MiBs", "1e3", "0x10", "inf", "nan", "99999999TiB"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_byte_size(text));
  }
}

TEST_CASE("byte size: readable form") {
  CHECK(to_string(ByteSize{17}) == "17 B");
  CHECK(to_string(ByteSize{64ULL << 20}) == "64 MiB");
  CHECK(to_string(ByteSize{1536}) == "1.5 KiB");
}
