#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <sstream>
#include <string>
#include <thread>

#include "lib/store/rocksdb/rocksdb_store.h"
#include "tests/component/lib/store/child.h"
#include "tests/component/lib/store/driver.h"
#include "tests/support/scratch_directory.h"

namespace atl::store::testing {
namespace {

// Numbers of whole lines; the last line may be cut off.
std::set<uint64_t> answered_in(const std::string& output) {
  std::set<uint64_t> numbers;
  std::istringstream in(output.substr(0, output.rfind('\n') + 1));
  for (uint64_t number = 0; in >> number;) numbers.insert(number);
  return numbers;
}

std::set<uint64_t> stored(Driver& driver, const std::string& letter) {
  std::set<uint64_t> numbers;
  Range range{.partition = "p", .begin = letter, .end = end_of_prefix(letter), .limit = kMaxPage};
  for (bool more = true; more;) {
    const auto page = driver.range(range);
    REQUIRE(page.has_value());
    for (const Item& item : page->items) numbers.insert(*parse_number(item.sort.substr(1)));
    more = page->more;
    if (more) range = rest_of(range, *page);
  }
  return numbers;
}

TEST_CASE("rocksdb: kill -9 loses no write that was answered, and splits none") {
  const ScratchDirectory scratch;
  std::set<uint64_t> answered;
  uint64_t next = 0;
  for (int round = 0; round < 5; ++round) {
    CAPTURE(round);
    const size_t goal = answered.size() + 200 + 50 * static_cast<size_t>(round);
    Child scribe({STORE_SCRIBE, scratch.file("db"), std::to_string(next)}, scratch.file("out"));
    for (int polls = 0; answered.size() < goal && polls < 6000; ++polls) {
      REQUIRE(scribe.running());
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
      answered = answered_in(scratch.read("out"));
    }
    scribe.kill();
    answered = answered_in(scratch.read("out"));
    REQUIRE(answered.size() >= goal);
    // A line that was cut off must not run into the next one's first.
    scratch.write("out", [&] {
      std::string lines;
      for (const uint64_t number : answered) lines += std::to_string(number) + "\n";
      return lines;
    }());

    net::Loop loop;
    auto store = open_rocksdb(loop, {.path = scratch.file("db")});
    REQUIRE(store.has_value());
    Driver driver(loop, **store);
    const auto found = stored(driver, "a");
    CHECK(std::ranges::includes(found, answered));
    CHECK(found == stored(driver, "b"));
    next = *found.rbegin() + 1;
  }
}

}  // namespace
}  // namespace atl::store::testing
