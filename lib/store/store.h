#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/error.h"

// Partition -> items ordered by sort key, with conditional and atomic writes. Partitions, sort keys
// and values are bytes of any kind; sort keys are ordered as unsigned bytes, a prefix before what
// it begins. What every engine promises (docs/adr/0034 has the reasons):
//
// - One write is atomic: all of its changes or none, also for readers and after a crash.
// - Writes and reads of one partition are linearizable while no failover happens: a read that is
//   asked for after a write was answered sees it. Nothing is promised across partitions.
// - Writes of one partition asked for one after the other, without waiting, happen in that order as
//   long as none fails.
// - A write that was answered with success is durable as the engine's own header says.
// - Nothing blocks the loop.
namespace atl::store {

// Limits, so that no engine meets what another cannot do. Beyond them: Invalid or TooLarge, Side
// Client, and nothing has changed.
inline constexpr size_t kMaxPartition = 4096;         // bytes; at least one
inline constexpr size_t kMaxSort = 4096;              // bytes; may be empty
inline constexpr size_t kMaxValue = 1024 * 1024;      // bytes; may be empty
inline constexpr size_t kMaxChanges = 128;            // of one write; at least one
inline constexpr size_t kMaxWrite = 8 * 1024 * 1024;  // bytes of keys and values of one write
inline constexpr size_t kMaxPage = 1000;              // items of one page
// Reads and writes not answered yet; the next one is refused: Exhausted, retryable.
inline constexpr size_t kMaxPending = 10'000;
inline constexpr size_t kMaxPendingBytes = 64 * 1024 * 1024;

// Which write made an item. Opaque: equal exactly when the item was not written in between, also if
// it was removed and made again. Never 0.
enum class Version : uint64_t { None = 0 };

struct Item {
  std::string sort;
  std::string value;
  Version version = Version::None;
  bool operator==(const Item&) const = default;
};

// What must hold of an item for the write to happen. Default: nothing.
struct Condition {
  enum class Kind : uint8_t { Always, Absent, Present, Is };
  Kind kind = Kind::Always;
  Version version = Version::None;  // Is: the item is there and this is its version

  static Condition absent() { return {Kind::Absent, Version::None}; }
  static Condition present() { return {Kind::Present, Version::None}; }
  // Is(None) is absent(): what get() told of an item that is not there can be handed back as it is.
  static Condition is(Version version) {
    return version == Version::None ? absent() : Condition{Kind::Is, version};
  }
};

struct Change {
  enum class Kind : uint8_t {
    Put,     // the item has `value` from now on
    Remove,  // it is not there from now on; no error if it was not before
    Check,   // nothing happens to it; only the condition counts
  };
  Kind kind = Kind::Put;
  std::string sort;
  std::string value;  // Put
  Condition condition;

  static Change put(std::string sort, std::string value, Condition condition = {}) {
    return {Kind::Put, std::move(sort), std::move(value), condition};
  }
  static Change remove(std::string sort, Condition condition = {}) {
    return {Kind::Remove, std::move(sort), {}, condition};
  }
  static Change check(std::string sort, Condition condition) {
    return {Kind::Check, std::move(sort), {}, condition};
  }
};

// Changes of one partition that happen together. No sort key may be named twice (Invalid).
struct Write {
  std::string partition;
  std::vector<Change> changes;
};

// How a write ended that reached the data: a condition that does not hold is an ordinary outcome.
struct Written {
  bool applied = false;
  Version version = Version::None;  // applied: of every item that was put

  // Not applied: the first change, by index, whose condition does not hold, and the item as it is.
  size_t failed = 0;
  std::optional<Item> current;
};

enum class Direction : uint8_t { Forward, Backward };

// Items with begin <= sort < end, in the order of their sort keys or against it.
struct Range {
  std::string partition;
  std::string begin;               // "" is the first possible one
  std::optional<std::string> end;  // nullopt: no end
  Direction direction = Direction::Forward;
  size_t limit = 100;  // items; 1 to kMaxPage
  // The page ends with the item that reaches this many bytes of keys and values.
  size_t max_bytes = 1024 * 1024;
};

struct Page {
  std::vector<Item> items;
  bool more = false;  // the range holds another item behind the last one
};

// The rest of `range` behind `page`, which has at least one item.
Range rest_of(Range range, const Page& page);

// The first sort key that does not begin with `prefix` and is behind those that do: the `end` of
// "begins with". Nullopt: there is none (a prefix of 0xff only).
std::optional<std::string> end_of_prefix(std::string_view prefix);

// The first sort key behind `sort`: turns an exclusive begin, or an inclusive end, into the other.
inline std::string behind(std::string_view sort) { return std::string(sort) + '\0'; }

// Big-endian, so that numbers are ordered as sort keys. parse_number: nullopt unless 8 bytes.
std::string format_number(uint64_t number);
std::optional<uint64_t> parse_number(std::string_view bytes);

// Null if it is within the limits and makes sense; otherwise why not. Engines ask these first.
std::optional<Error> problem_of(const Write& write);
std::optional<Error> problem_of(const Range& range);
std::optional<Error> problem_of_key(std::string_view partition, std::string_view sort);

// An open store. Belongs to one loop; every call and every callback is on its thread.
//
// Each call answers once, in a later turn, never from inside the call. A store that is destroyed
// first finishes the writes it has taken if it can (rocksdb can), and calls nothing; the callbacks
// are destroyed with it. So what a callback refers to must outlive the store or be looked up by it.
//
// Errors: `retryable` says that nothing has changed and that the same call may succeed later. An
// error of write() that is not retryable and has Side Upstream or Self leaves open whether the
// changes were made or will be (the answer was lost, or too few replicas have it): read before
// deciding. Conditions make that simple, for the write that is tried again then finds them untrue.
// Codes: Timeout, Closed (nobody reachable), Exhausted (no room: pending calls, disk, memory of the
// server), Io (the disk), Invalid and TooLarge (the call), Refused (the server: password,
// read-only), Internal (data that are not what was written). The engine logs causes, once for each
// change.
class Store {
 public:
  template <class T>
  using OnDone = std::move_only_function<void(Result<T>)>;

  Store() = default;
  virtual ~Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Nullopt: there is no such item.
  virtual void get(std::string partition, std::string sort,
                   OnDone<std::optional<Item>> on_done) = 0;

  // The page is of one moment; the next page is of a later one.
  virtual void range(Range range, OnDone<Page> on_done) = 0;

  virtual void write(Write write, OnDone<Written> on_done) = 0;

  // Why calls fail at present, a sentence for people; empty: as far as is known they do not.
  virtual std::string problem() const = 0;
};

}  // namespace atl::store
