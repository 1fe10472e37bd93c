#pragma once

#include <cstddef>
#include <cstdint>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace atl::disk {

// What a purge says of the disk: records of a lower sequence that match it are gone, or
// soft-purged.
struct Rule {
  enum class Kind : uint8_t { Key = 1, Prefix = 2, Host = 3, Tag = 4, Everything = 5 };
  Kind kind = Kind::Everything;
  bool soft = false;
  uint64_t sequence = 0;
  uint64_t hash = 0;  // Key: of the key, under the tier's seed
  // Prefix: what keys begin with. Host: normalised. Tag: surrogate key.
  std::string value;
};

// How hosts and tags are compared is the edge's knowledge. Any thread.
struct Matchers {
  bool (*host)(std::string_view key, std::string_view host) = nullptr;
  bool (*tag)(std::string_view head, std::string_view tag) = nullptr;
};

enum class Fate : uint8_t { Live, Soft, Gone };

// Every purge that may still concern a record. A purge costs its own entry and nothing more:
// records are held against it when they are read or moved. Any thread. Bounded: when it is full the
// floor rises, below which every record is gone, so that forgetting a purge never revives what it
// covered.
class PurgeBook {
 public:
  static constexpr size_t kMaxKeys = 65'536;
  static constexpr size_t kMaxPatterns = 1024;

  explicit PurgeBook(Matchers matchers) : matchers_(matchers) {}

  void add(const Rule& rule);
  // Records below this sequence are gone.
  void raise_floor(uint64_t sequence);
  // Drops what no record can match any more, given that none older than `oldest` is left: the floor
  // rises to it.
  void forget_below(uint64_t oldest) { raise_floor(oldest); }

  struct Subject {
    uint64_t sequence = 0;
    uint64_t hash = 0;
    std::string_view key;
    std::string_view head;
  };
  Fate judge(const Subject& subject) const;

  // Everything needed to build the same book again.
  std::vector<Rule> rules() const;
  size_t size() const;

 private:
  struct KeyPurges {
    uint64_t hard = 0;
    uint64_t soft = 0;
  };
  void add_locked(const Rule& rule);
  void raise_locked(uint64_t sequence);
  void bound();
  bool matches(const Rule& rule, const Subject& subject) const;

  const Matchers matchers_;
  mutable std::shared_mutex mutex_;
  uint64_t floor_ = 0;
  std::unordered_map<uint64_t, KeyPurges> keys_;
  std::vector<Rule> patterns_;
};

}  // namespace atl::disk
