#include "tests/stress/truth.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "lib/http/date.h"

namespace atl::stress {
namespace {

uint64_t mixed(uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31);
}

std::optional<uint64_t> number_in(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

constexpr std::string_view kPrefix = "/o/";

}  // namespace

Validator validator_of(size_t object) {
  switch (object % 8) {
    case 3:
      return Validator::Weak;
    case 4:
      return Validator::None;
    case 5:
      return Validator::Date;
    default:
      return Validator::Strong;
  }
}

bool varies(size_t object) { return object % 3 == 0; }

std::string path_of(size_t object) { return fmt::format("{}{}", kPrefix, object); }

std::optional<size_t> object_at(std::string_view path) {
  if (!path.starts_with(kPrefix)) return std::nullopt;
  return number_in(path.substr(kPrefix.size()));
}

// Mostly small; one in eight is of several blocks of a part. A third of the versions have the size
// of the one before, so that only the validator tells them apart.
uint64_t size_of(const Edition& edition) {
  constexpr uint64_t kLargest[] = {4096, 4096, 1500, 65'536, 4096, 100'000, 1'000'000, 3'500'000};
  const uint64_t largest = kLargest[edition.object / 8 % 8];
  const uint64_t least = largest > 1'000'000 ? 1'200'000 : 1;
  const uint32_t version = edition.version - (edition.version % 3 == 2 ? 1 : 0);
  return least + mixed(edition.object * 1000 + version) % (largest - least);
}

synthetic::Content content_of(const Edition& edition) {
  return synthetic::Content(
      fmt::format("{} {} {}", edition.object, edition.variant, edition.version));
}

std::string tag_of(const Edition& edition) {
  switch (validator_of(edition.object)) {
    case Validator::Strong:
      return fmt::format("\"{}{}\"", edition.version, edition.variant);
    case Validator::Weak:
      return fmt::format("W/\"{}{}\"", edition.version, edition.variant);
    case Validator::Date:
    case Validator::None:
      break;
  }
  return {};
}

std::string date_of(const Edition& edition) {
  constexpr auto kFirst = std::chrono::seconds{1'600'000'000};
  return http::format_date(http::DateTime{kFirst + std::chrono::seconds{edition.version}});
}

std::optional<uint32_t> version_in(std::string_view tag) {
  if (tag.starts_with("W/")) tag.remove_prefix(2);
  if (!tag.starts_with('"')) return std::nullopt;
  tag.remove_prefix(1);
  const size_t digits = std::min(tag.find_first_not_of("0123456789"), tag.size());
  const auto number = number_in(tag.substr(0, digits));
  if (!number) return std::nullopt;
  return static_cast<uint32_t>(*number);
}

uint32_t Catalogue::current(size_t object) const {
  const std::lock_guard lock(mutex_);
  return entries_[object].current;
}

uint32_t Catalogue::change(size_t object) {
  const std::lock_guard lock(mutex_);
  return ++entries_[object].current;
}

uint32_t Catalogue::floor(size_t object) const {
  const std::lock_guard lock(mutex_);
  return entries_[object].floor;
}

void Catalogue::raise_floor(size_t object, uint32_t version) {
  const std::lock_guard lock(mutex_);
  uint32_t& floor = entries_[object].floor;
  floor = std::max(floor, version);
}

std::vector<uint32_t> Catalogue::all_current() const {
  const std::lock_guard lock(mutex_);
  std::vector<uint32_t> versions;
  versions.reserve(entries_.size());
  for (const Entry& entry : entries_) versions.push_back(entry.current);
  return versions;
}

}  // namespace atl::stress
