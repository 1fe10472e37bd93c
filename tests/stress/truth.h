#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/synthetic/content.h"

namespace atl::stress {

// How an object's versions can be told apart by HTTP. Every answer also has X-Version, which the
// checker goes by.
enum class Validator : uint8_t { Strong, Weak, Date, None };

// One version of one variant of one object. Every byte of it is a function of this alone.
struct Edition {
  size_t object = 0;
  std::string_view variant;  // "en", "de"; empty where the object has one
  uint32_t version = 0;
  bool operator==(const Edition&) const = default;
};

Validator validator_of(size_t object);
bool varies(size_t object);
std::string path_of(size_t object);
std::optional<size_t> object_at(std::string_view path);

uint64_t size_of(const Edition& edition);
synthetic::Content content_of(const Edition& edition);
// With quotes; empty for Date and None.
std::string tag_of(const Edition& edition);
// Of an object with Validator::Date.
std::string date_of(const Edition& edition);
// The version in a tag that tag_of() made.
std::optional<uint32_t> version_in(std::string_view tag);

// What the origin serves at the moment, and what nobody may be given any more. Any thread.
class Catalogue {
 public:
  explicit Catalogue(size_t objects) : entries_(objects) {}

  size_t size() const { return entries_.size(); }
  uint32_t current(size_t object) const;
  uint32_t change(size_t object);  // the new version

  // An answer to a request sent from now on is of this version or a later one.
  uint32_t floor(size_t object) const;
  void raise_floor(size_t object, uint32_t version);
  // Of every object.
  std::vector<uint32_t> all_current() const;

 private:
  struct Entry {
    uint32_t current = 0;
    uint32_t floor = 0;
  };
  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
};

}  // namespace atl::stress
