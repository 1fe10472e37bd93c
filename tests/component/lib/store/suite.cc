#include "tests/component/lib/store/suite.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <vector>

namespace atl::store::testing {
namespace {

using Changes = std::vector<Change>;

void puts_and_gets(Driver& driver, const std::string& p) {
  CHECK_FALSE(driver.get(p, "a")->has_value());
  const Version first = driver.put(p, "a", "one");
  CHECK(first != Version::None);
  auto found = driver.get(p, "a");
  REQUIRE(found.has_value());
  REQUIRE(found->has_value());
  CHECK(**found == Item{"a", "one", first});

  const Version second = driver.put(p, "a", "two");
  CHECK(second != first);
  CHECK(**driver.get(p, "a") == Item{"a", "two", second});

  CHECK(driver.write({p, {Change::remove("a")}})->applied);
  CHECK_FALSE(driver.get(p, "a")->has_value());
  CHECK(driver.write({p, {Change::remove("a")}})->applied);  // no error
}

void any_bytes(Driver& driver, const std::string& p) {
  const std::array<std::string, 12> strings = {std::string(""),
                                               std::string("\0", 1),
                                               std::string("\0\0", 2),
                                               "\xff",
                                               "\xff\xff",
                                               "{",
                                               "}",
                                               "}{a}",
                                               "a b\r\n$5\r\n",
                                               std::string("a\0b", 3),
                                               "\x7f\x80",
                                               "[(+-"};
  size_t n = 0;
  for (const std::string& partition : strings)
    for (const std::string& sort : strings)
      driver.put(p + partition, sort, strings[n++ % strings.size()]);
  n = 0;
  for (const std::string& partition : strings) {
    for (const std::string& sort : strings) {
      CAPTURE(n);
      const auto found = driver.get(p + partition, sort);
      REQUIRE(found.has_value());
      REQUIRE(found->has_value());
      CHECK((*found)->sort == sort);
      CHECK((*found)->value == strings[n++ % strings.size()]);
    }
    auto sorted = std::vector<std::string>(strings.begin(), strings.end());
    std::ranges::sort(sorted);  // char_traits<char> compares as unsigned
    const auto page = driver.range({.partition = p + partition});
    REQUIRE(page.has_value());
    REQUIRE(page->items.size() == strings.size());
    for (size_t i = 0; i < sorted.size(); ++i) CHECK(page->items[i].sort == sorted[i]);
  }
}

void names_nothing_like_a_prefix(Driver& driver, const std::string& p) {
  // With sort keys that would continue the name of the partition before.
  driver.put(p + "a", "bc", "1");
  driver.put(p + "ab", "c", "2");
  driver.put(p + "abc", "", "3");
  for (const auto& [name, sort] : {std::pair{"a", "bc"}, {"ab", "c"}, {"abc", ""}}) {
    const auto page = driver.range({.partition = p + name});
    REQUIRE(page.has_value());
    REQUIRE(page->items.size() == 1);
    CHECK(page->items[0].sort == sort);
    CHECK_FALSE(page->more);
  }
}

void longest_keys(Driver& driver, const std::string& p) {
  const std::string partition = p + std::string(kMaxPartition - p.size(), 'p');
  const std::string sort(kMaxSort, '\xff');
  const std::string value(kMaxValue, 'v');
  driver.put(partition, sort, value);
  CHECK((*driver.get(partition, sort))->value == value);
  const auto page =
      driver.range({.partition = partition, .begin = sort, .end = behind(sort), .max_bytes = 1});
  REQUIRE(page.has_value());
  CHECK(page->items.size() == 1);
}

void largest_write(Driver& driver, const std::string& p) {
  Changes changes;
  for (size_t i = 0; i < kMaxChanges; ++i)
    changes.push_back(Change::put(format_number(i), std::string(kMaxWrite / kMaxChanges - 8, 'x')));
  const auto written = driver.write({p, changes});
  REQUIRE(written.has_value());
  CHECK(written->applied);
  // Pages end by bytes, and together are the whole.
  Range range{.partition = p, .limit = kMaxPage};
  size_t pages = 0;
  size_t items = 0;
  for (;;) {
    const auto page = driver.range(range);
    REQUIRE(page.has_value());
    ++pages;
    items += page->items.size();
    for (const Item& item : page->items) CHECK(item.version == written->version);
    if (!page->more) break;
    range = rest_of(range, *page);
  }
  CHECK(items == kMaxChanges);
  CHECK(pages == 8);
}

void refuses_what_is_beyond_limits(Driver& driver, const std::string& p) {
  struct Row {
    const char* what;
    Write write;
    Code code;
  };
  const auto put = [](std::string sort, size_t value) {
    return Change::put(std::move(sort), std::string(value, 'v'));
  };
  const std::vector<Row> rows = {
      {"no partition", {"", {put("a", 1)}}, Code::Invalid},
      {"long partition", {p + std::string(kMaxPartition, 'p'), {put("a", 1)}}, Code::TooLarge},
      {"no changes", {p, {}}, Code::Invalid},
      {"too many", {p, Changes(kMaxChanges + 1, put("a", 1))}, Code::TooLarge},
      {"long sort", {p, {put(std::string(kMaxSort + 1, 's'), 1)}}, Code::TooLarge},
      {"long value", {p, {put("a", kMaxValue + 1)}}, Code::TooLarge},
      {"twice", {p, {put("a", 1), Change::remove("a")}}, Code::Invalid},
      {"empty check", {p, {Change::check("a", {})}}, Code::Invalid},
      {"value of a removal", {p, {{Change::Kind::Remove, "a", "v", {}}}}, Code::Invalid},
      {"no version",
       {p, {Change::remove("a", {Condition::Kind::Is, Version::None})}},
       Code::Invalid},
      {"large together",
       {p,
        {put("1", kMaxValue), put("2", kMaxValue), put("3", kMaxValue), put("4", kMaxValue),
         put("5", kMaxValue), put("6", kMaxValue), put("7", kMaxValue), put("8", kMaxValue)}},
       Code::TooLarge},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    const auto written = driver.write(row.write);
    REQUIRE_FALSE(written.has_value());
    CHECK(written.error().code == row.code);
    CHECK(written.error().side == Side::Client);
    CHECK_FALSE(written.error().retryable);
  }
  CHECK(driver.range({.partition = p, .limit = 0}).error().code == Code::Invalid);
  CHECK(driver.range({.partition = p, .limit = kMaxPage + 1}).error().code == Code::Invalid);
  CHECK(driver.range({.partition = p, .max_bytes = 0}).error().code == Code::Invalid);
  CHECK(driver.range({.partition = ""}).error().code == Code::Invalid);
  CHECK(driver.get("", "a").error().code == Code::Invalid);
  CHECK(driver.range({.partition = p})->items.empty());  // nothing of it happened
}

void judges_conditions(Driver& driver, const std::string& p) {
  enum class Before : uint8_t { Absent, There, Changed };
  struct Row {
    const char* what;
    Before before;
    Condition::Kind condition;  // Is: of the version that was there first
    bool holds;
  };
  const Row rows[] = {
      {"always, absent", Before::Absent, Condition::Kind::Always, true},
      {"always, there", Before::There, Condition::Kind::Always, true},
      {"absent, absent", Before::Absent, Condition::Kind::Absent, true},
      {"absent, there", Before::There, Condition::Kind::Absent, false},
      {"present, absent", Before::Absent, Condition::Kind::Present, false},
      {"present, there", Before::There, Condition::Kind::Present, true},
      {"is, absent", Before::Absent, Condition::Kind::Is, false},
      {"is, there", Before::There, Condition::Kind::Is, true},
      {"is, changed", Before::Changed, Condition::Kind::Is, false},
  };
  int n = 0;
  for (const Row& row : rows) {
    for (const auto kind : {Change::Kind::Put, Change::Kind::Remove, Change::Kind::Check}) {
      if (kind == Change::Kind::Check && row.condition == Condition::Kind::Always) continue;
      CAPTURE(row.what);
      CAPTURE(static_cast<int>(kind));
      const std::string sort = std::to_string(++n);
      Version version = driver.put(p, sort, "old");
      if (row.before == Before::Changed) driver.put(p, sort, "old");
      if (row.before == Before::Absent) driver.write({p, {Change::remove(sort)}});
      const auto before = *driver.get(p, sort);

      const std::string value = kind == Change::Kind::Put ? "new" : "";
      const Condition condition{row.condition,
                                row.condition == Condition::Kind::Is ? version : Version::None};
      const auto written = driver.write({p, {{kind, sort, value, condition}}});
      REQUIRE(written.has_value());
      CHECK(written->applied == row.holds);
      const auto after = *driver.get(p, sort);
      if (!row.holds) {
        CHECK(written->failed == 0);
        CHECK(written->current == before);
        CHECK(after == before);
      } else if (kind == Change::Kind::Put) {
        REQUIRE(after.has_value());
        CHECK(after->value == "new");
        CHECK(after->version == written->version);
      } else if (kind == Change::Kind::Remove) {
        CHECK_FALSE(after.has_value());
      } else {
        CHECK(after == before);
      }
    }
  }
}

void is_none_is_absent(Driver& driver, const std::string& p) {
  const auto make = [&](const char* value) {
    return driver.write({p, {Change::put("a", value, Condition::is(Version::None))}});
  };
  CHECK(make("first")->applied);
  CHECK_FALSE(make("second")->applied);
  CHECK((*driver.get(p, "a"))->value == "first");
}

void never_reuses_a_version(Driver& driver, const std::string& p) {
  std::set<Version> seen;
  for (int round = 0; round < 50; ++round) {
    CHECK(seen.insert(driver.put(p, "a", "same")).second);
    if (round % 3 == 0) driver.write({p, {Change::remove("a")}});
    CHECK(seen.insert(driver.put(p + "other", "a", "same")).second);
  }
}

void all_or_nothing(Driver& driver, const std::string& p) {
  const Version kept = driver.put(p, "kept", "1");
  driver.put(p, "there", "1");
  struct Row {
    const char* what;
    Changes changes;
    size_t failed;
    std::optional<std::string> current;
  };
  const Row rows[] = {
      {"last fails",
       {Change::put("new", "2"), Change::remove("kept"),
        Change::put("there", "2", Condition::absent())},
       2,
       "1"},
      {"first fails",
       {Change::check("gone", Condition::present()), Change::put("kept", "2")},
       0,
       std::nullopt},
      {"first of two",
       {Change::put("kept", "2"), Change::check("there", Condition::absent()),
        Change::check("gone", Condition::present())},
       1,
       "1"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    const auto written = driver.write({p, row.changes});
    REQUIRE(written.has_value());
    CHECK_FALSE(written->applied);
    CHECK(written->failed == row.failed);
    CHECK(written->current.has_value() == row.current.has_value());
    if (row.current) CHECK(written->current->value == *row.current);
    const auto page = driver.range({.partition = p});
    REQUIRE(page->items.size() == 2);
    CHECK(page->items[0] == Item{"kept", "1", kept});
  }
  const auto written = driver.write({p,
                                     {Change::put("new", "2"), Change::remove("there"),
                                      Change::check("kept", Condition::is(kept))}});
  REQUIRE(written.has_value());
  CHECK(written->applied);
  const auto page = driver.range({.partition = p});
  REQUIRE(page->items.size() == 2);
  CHECK(page->items[1] == Item{"new", "2", written->version});
}

void ranges(Driver& driver, const std::string& p) {
  for (const char* sort : {"", "a", "b", "ba", "c", "d"}) driver.put(p, sort, sort);
  struct Row {
    const char* begin;
    const char* end;  // null: none
    size_t limit;
    const char* forward;
    bool more_forward;
    const char* backward;
    bool more_backward;
  };
  const Row rows[] = {
      {"", nullptr, 10, ",a,b,ba,c,d,", false, "d,c,ba,b,a,,", false},
      {"", nullptr, 6, ",a,b,ba,c,d,", false, "d,c,ba,b,a,,", false},
      {"", nullptr, 5, ",a,b,ba,c,", true, "d,c,ba,b,a,", true},
      {"a", "c", 10, "a,b,ba,", false, "ba,b,a,", false},
      {"a", "c", 2, "a,b,", true, "ba,b,", true},
      {"a", "c", 3, "a,b,ba,", false, "ba,b,a,", false},
      {"aa", "bb", 10, "b,ba,", false, "ba,b,", false},
      {"b", "c", 10, "b,ba,", false, "ba,b,", false},
      {"b", "b", 10, "", false, "", false},
      {"c", "b", 10, "", false, "", false},
      {"e", nullptr, 10, "", false, "", false},
      {"", "", 10, "", false, "", false},
      {"", "a", 10, ",", false, ",", false},
      {"d", nullptr, 1, "d,", false, "d,", false},
  };
  for (const Row& row : rows) {
    for (const auto direction : {Direction::Forward, Direction::Backward}) {
      const bool forward = direction == Direction::Forward;
      CAPTURE(row.begin);
      CAPTURE(row.limit);
      CAPTURE(forward);
      Range range{.partition = p, .begin = row.begin, .direction = direction, .limit = row.limit};
      if (row.end != nullptr) range.end = row.end;
      const auto page = driver.range(range);
      REQUIRE(page.has_value());
      std::string got;
      for (const Item& item : page->items) {
        CHECK(item.sort == item.value);
        got += item.sort + ",";
      }
      CHECK(got == (forward ? row.forward : row.backward));
      CHECK(page->more == (forward ? row.more_forward : row.more_backward));
    }
  }
  CHECK(driver.range({.partition = p + "nobody"})->items.empty());
}

void pages_continue(Driver& driver, const std::string& p) {
  Changes changes;
  for (uint64_t i = 0; i < 100; ++i) changes.push_back(Change::put(format_number(i), "v"));
  REQUIRE(driver.write({p, changes})->applied);
  for (const auto direction : {Direction::Forward, Direction::Backward}) {
    for (const size_t limit : {1, 7, 99, 100, 101}) {
      CAPTURE(limit);
      Range range{.partition = p,
                  .begin = format_number(10),
                  .end = format_number(90),
                  .direction = direction,
                  .limit = limit};
      std::vector<uint64_t> seen;
      for (bool more = true; more;) {
        const auto page = driver.range(range);
        REQUIRE(page.has_value());
        REQUIRE_FALSE(page->items.empty());
        REQUIRE(page->items.size() <= limit);
        for (const Item& item : page->items) seen.push_back(*parse_number(item.sort));
        more = page->more;
        range = rest_of(range, *page);
      }
      REQUIRE(seen.size() == 80);
      if (direction == Direction::Backward) std::ranges::reverse(seen);
      for (size_t i = 0; i < seen.size(); ++i) CHECK(seen[i] == 10 + i);
    }
  }
}

void pages_end_by_bytes(Driver& driver, const std::string& p) {
  for (const char* sort : {"a", "b", "c"}) driver.put(p, sort, std::string(99, 'x'));
  struct Row {
    size_t bytes;
    size_t items;
  };
  for (const Row& row :
       {Row{1, 1}, Row{100, 1}, Row{101, 2}, Row{200, 2}, Row{201, 3}, Row{999, 3}}) {
    CAPTURE(row.bytes);
    for (const auto direction : {Direction::Forward, Direction::Backward}) {
      const auto page =
          driver.range({.partition = p, .direction = direction, .max_bytes = row.bytes});
      REQUIRE(page.has_value());
      CHECK(page->items.size() == row.items);
      CHECK(page->more == (row.items < 3));
    }
  }
}

// Everybody reads, adds one and writes on condition that nobody else did.
void racing_increments(Driver& driver, const std::string& p) {
  constexpr int kRacers = 20;
  constexpr int kEach = 10;
  struct Racer {
    Driver& driver;
    std::string partition;
    int left = kEach;
    int lost = 0;
    void step() {
      driver.store().get(partition, "n", [this](auto found) {
        REQUIRE(found.has_value());
        const uint64_t n = *found ? *parse_number((*found)->value) : 0;
        const Version version = *found ? (*found)->version : Version::None;
        driver.store().write(
            {partition, {Change::put("n", format_number(n + 1), Condition::is(version))}},
            [this](auto written) {
              REQUIRE(written.has_value());
              if (written->applied)
                --left;
              else
                ++lost;
              if (left > 0) step();
            });
      });
    }
  };
  std::vector<std::unique_ptr<Racer>> racers;
  for (int i = 0; i < kRacers; ++i) racers.emplace_back(new Racer{driver, p})->step();
  driver.run_until(
      [&] { return std::ranges::all_of(racers, [](const auto& r) { return r->left == 0; }); });
  CHECK(*parse_number((*driver.get(p, "n"))->value) == kRacers * kEach);
  CHECK(std::ranges::any_of(racers, [](const auto& r) { return r->lost > 0; }));
}

void answers_in_order_of_writes(Driver& driver, const std::string& p) {
  size_t answered = 0;
  constexpr size_t kWrites = 2000;
  for (size_t i = 0; i < kWrites; ++i) {
    driver.store().write({p, {Change::put(format_number(i % 7), format_number(i))}},
                         [&](auto written) {
                           REQUIRE(written.has_value());
                           CHECK(written->applied);
                           ++answered;
                         });
  }
  driver.run_until([&] { return answered == kWrites; });
  for (size_t i = kWrites - 7; i < kWrites; ++i)
    CHECK(*parse_number((*driver.get(p, format_number(i % 7)))->value) == i);
}

void bounded(Driver& driver, const std::string& p) {
  size_t answered = 0;
  size_t refused = 0;
  constexpr size_t kMore = 100;
  for (size_t i = 0; i < kMaxPending + kMore; ++i) {
    driver.store().get(p, "a", [&](auto found) {
      ++answered;
      if (found) return;
      CHECK(found.error().code == Code::Exhausted);
      CHECK(found.error().retryable);
      ++refused;
    });
  }
  driver.run_until([&] { return answered == kMaxPending + kMore; });
  CHECK(refused == kMore);

  answered = refused = 0;
  const std::string value(kMaxValue, 'v');
  const size_t fits = kMaxPendingBytes / kMaxValue;
  for (size_t i = 0; i < fits + 10; ++i) {
    driver.store().write({p, {Change::put("large", value)}}, [&](auto written) {
      ++answered;
      if (!written) {
        CHECK(written.error().code == Code::Exhausted);
        ++refused;
      }
    });
  }
  driver.run_until([&] { return answered == fits + 10; });
  CHECK(refused >= 10);
  CHECK(refused <= 12);  // keys count too
}

// Random calls, one at a time, against the simplest thing that could be right.
void behaves_like_a_map(Driver& driver, const std::string& p) {
  std::mt19937 random(20240901);
  const auto draw = [&](size_t below) { return random() % below; };
  std::map<std::string, std::map<std::string, Item>> model;
  for (int step = 0; step < 1500; ++step) {
    const std::string partition = p + std::to_string(draw(3));
    auto& items = model[partition];
    if (draw(4) == 0) {
      Range range{.partition = partition,
                  .begin = std::string(1, static_cast<char>('a' + draw(9))),
                  .direction = draw(2) == 0 ? Direction::Forward : Direction::Backward,
                  .limit = 1 + draw(6)};
      if (draw(3) > 0) range.end = std::string(1, static_cast<char>('a' + draw(9)));
      std::vector<Item> want;
      for (const auto& [sort, item] : items)
        if (sort >= range.begin && (!range.end || sort < *range.end)) want.push_back(item);
      if (range.direction == Direction::Backward) std::ranges::reverse(want);
      const bool more = want.size() > range.limit;
      if (more) want.resize(range.limit);
      const auto page = driver.range(range);
      REQUIRE(page.has_value());
      CHECK(page->items == want);
      CHECK(page->more == more);
      continue;
    }
    Write write{partition, {}};
    std::set<std::string> named;
    std::optional<size_t> failed;
    for (size_t i = 0, n = 1 + draw(4); i < n; ++i) {
      const std::string sort(1, static_cast<char>('a' + draw(9)));
      if (!named.insert(sort).second) continue;
      const auto item = items.find(sort);
      const bool there = item != items.end();
      Change change{static_cast<Change::Kind>(draw(3)), sort, "", {}};
      bool holds = true;
      switch (draw(4)) {
        case 0:
          change.condition = Condition::absent();
          holds = !there;
          break;
        case 1:
          change.condition = Condition::present();
          holds = there;
          break;
        case 2:
          change.condition =
              Condition::is(there && draw(4) > 0 ? item->second.version : Version{7});
          holds = there && change.condition.version == item->second.version;
          break;
        default:
          if (change.kind == Change::Kind::Check) change.kind = Change::Kind::Remove;
      }
      if (change.kind == Change::Kind::Put) change.value = std::to_string(step);
      if (!holds && !failed) failed = write.changes.size();
      write.changes.push_back(change);
    }
    const auto written = driver.write(write);
    REQUIRE(written.has_value());
    REQUIRE(written->applied == !failed.has_value());
    if (failed) {
      CHECK(written->failed == *failed);
      const auto item = items.find(write.changes[*failed].sort);
      CHECK(written->current.has_value() == (item != items.end()));
      if (written->current) CHECK(*written->current == item->second);
      continue;
    }
    for (const Change& change : write.changes) {
      if (change.kind == Change::Kind::Remove) items.erase(change.sort);
      if (change.kind == Change::Kind::Put)
        items[change.sort] = {change.sort, change.value, written->version};
    }
  }
}

constexpr SuiteCase kSuite[] = {
    {"what was put is read back until it is removed", puts_and_gets},
    {"partitions, sort keys and values are any bytes, in unsigned order", any_bytes},
    {"a partition ends where its name does", names_nothing_like_a_prefix},
    {"the longest keys and values work", longest_keys},
    {"the largest write works, and is read in pages of a mebibyte", largest_write},
    {"what is beyond a limit is refused and changes nothing", refuses_what_is_beyond_limits},
    {"a condition decides over every kind of change", judges_conditions},
    {"a condition on no version wants no item", is_none_is_absent},
    {"no version comes twice, also not of an item made again", never_reuses_a_version},
    {"a write happens as a whole or not at all, and says why not", all_or_nothing},
    {"a range has its begin and not its end, in both directions", ranges},
    {"pages continue one another without gap or repetition", pages_continue},
    {"a page ends with the item that reaches its bytes", pages_end_by_bytes},
    {"of racing conditional writes none is lost", racing_increments},
    {"writes of one caller happen in their order", answers_in_order_of_writes},
    {"calls that wait are bounded in number and bytes", bounded},
    {"random calls have the outcomes of a map", behaves_like_a_map},
};

}  // namespace

std::span<const SuiteCase> suite() { return kSuite; }

}  // namespace atl::store::testing
