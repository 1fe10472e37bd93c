#include "lib/store/store.h"

#include <unordered_set>

namespace atl::store {
namespace {

Error refused(Code code, const char* detail) {
  return {.code = code, .side = Side::Client, .retryable = false, .detail = detail};
}

std::optional<Error> problem_of_change(const Change& change) {
  using Kind = Change::Kind;
  if (change.sort.size() > kMaxSort) return refused(Code::TooLarge, "sort key too long");
  if (change.value.size() > kMaxValue) return refused(Code::TooLarge, "value too long");
  if (change.kind != Kind::Put && !change.value.empty())
    return refused(Code::Invalid, "a change that puts nothing has a value");
  if (change.kind == Kind::Check && change.condition.kind == Condition::Kind::Always)
    return refused(Code::Invalid, "a check without a condition");
  if (change.condition.kind == Condition::Kind::Is && change.condition.version == Version::None)
    return refused(Code::Invalid, "a condition on no version");
  return std::nullopt;
}

}  // namespace

std::optional<Error> problem_of_key(std::string_view partition, std::string_view sort) {
  if (partition.empty()) return refused(Code::Invalid, "empty partition name");
  if (partition.size() > kMaxPartition) return refused(Code::TooLarge, "partition name too long");
  if (sort.size() > kMaxSort) return refused(Code::TooLarge, "sort key too long");
  return std::nullopt;
}

std::optional<Error> problem_of(const Write& write) {
  if (auto problem = problem_of_key(write.partition, {})) return problem;
  if (write.changes.empty()) return refused(Code::Invalid, "a write without changes");
  if (write.changes.size() > kMaxChanges) return refused(Code::TooLarge, "too many changes");
  std::unordered_set<std::string_view> seen;
  size_t bytes = 0;
  for (const Change& change : write.changes) {
    if (auto problem = problem_of_change(change)) return problem;
    bytes += change.sort.size() + change.value.size();
    if (!seen.insert(change.sort).second)
      return refused(Code::Invalid, "two changes of one sort key");
  }
  if (bytes > kMaxWrite) return refused(Code::TooLarge, "the write is too large");
  return std::nullopt;
}

std::optional<Error> problem_of(const Range& range) {
  if (auto problem = problem_of_key(range.partition, {})) return problem;
  // One more byte: behind() of the longest key.
  if (range.begin.size() > kMaxSort + 1 || (range.end && range.end->size() > kMaxSort + 1))
    return refused(Code::TooLarge, "sort key too long");
  if (range.limit == 0 || range.limit > kMaxPage)
    return refused(Code::Invalid, "a page of no items or too many");
  if (range.max_bytes == 0) return refused(Code::Invalid, "a page of no bytes");
  return std::nullopt;
}

Range rest_of(Range range, const Page& page) {
  const std::string& last = page.items.back().sort;
  if (range.direction == Direction::Forward)
    range.begin = behind(last);
  else
    range.end = last;
  return range;
}

std::optional<std::string> end_of_prefix(std::string_view prefix) {
  const size_t size = prefix.find_last_not_of('\xff');
  if (size == std::string_view::npos) return std::nullopt;
  std::string end(prefix.substr(0, size + 1));
  end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

std::string format_number(uint64_t number) {
  std::string bytes(8, '\0');
  for (size_t i = 8; i-- > 0; number >>= 8) bytes[i] = static_cast<char>(number & 0xff);
  return bytes;
}

std::optional<uint64_t> parse_number(std::string_view bytes) {
  if (bytes.size() != 8) return std::nullopt;
  uint64_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

}  // namespace atl::store
