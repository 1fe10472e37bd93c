#include "edge/disk/purge_journal.h"

#include <cstring>
#include <random>
#include <utility>

#include "edge/disk/format.h"
#include "lib/base/durable_file.h"

namespace atl::disk {
namespace {

constexpr std::array<char, 8> kMagic{'A', 'T', 'O', 'L', 'P', 'U', 'R', 'G'};
constexpr size_t kLimit = size_t{64} << 20;
constexpr size_t kSum = sizeof(uint64_t);

struct Header {
  uint64_t sum = 0;
  std::array<char, 8> magic = kMagic;
  uint32_t version = kFormatVersion;
  uint32_t zero = 0;
  uint64_t tier_id = 0;
  uint64_t hash_seed = 0;
  uint64_t starts = 0;
};
static_assert(sizeof(Header) == 48);

struct Entry {
  uint64_t sum = 0;  // of what follows, and of the value; seeded with the tier's id
  uint64_t sequence = 0;
  uint64_t hash = 0;
  uint8_t kind = 0;
  uint8_t soft = 0;
  uint16_t zero = 0;
  uint32_t size = 0;  // of the value
};
static_assert(sizeof(Entry) == 32);

template <class T>
std::string_view bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof(T)};
}

uint64_t sum_of(const Entry& entry, std::string_view value, uint64_t tier_id) {
  Checksum sum(tier_id);
  sum.add(bytes_of(entry).substr(kSum));
  sum.add(value);
  return sum.value();
}

// The next rule, taken from the front of `bytes`; false when there is none that is sound.
bool take_rule(std::string_view& bytes, uint64_t tier_id, Rule& out) {
  Entry entry;
  if (bytes.size() < sizeof(entry)) return false;
  std::memcpy(&entry, bytes.data(), sizeof(entry));
  if (entry.size > bytes.size() - sizeof(entry)) return false;
  const std::string_view value = bytes.substr(sizeof(entry), entry.size);
  if (sum_of(entry, value, tier_id) != entry.sum) return false;
  if (entry.kind < 1 || entry.kind > static_cast<uint8_t>(Rule::Kind::Everything)) return false;
  out = {static_cast<Rule::Kind>(entry.kind), entry.soft != 0, entry.sequence, entry.hash,
         std::string(value)};
  bytes.remove_prefix(sizeof(entry) + entry.size);
  return true;
}

uint64_t random_number() {
  std::random_device device;
  return uint64_t{device()} << 32 | device();
}

}  // namespace

void append_rule(const Rule& rule, uint64_t tier_id, std::string& out) {
  Entry entry{.sequence = rule.sequence,
              .hash = rule.hash,
              .kind = static_cast<uint8_t>(rule.kind),
              .soft = rule.soft ? uint8_t{1} : uint8_t{0},
              .size = static_cast<uint32_t>(rule.value.size())};
  entry.sum = sum_of(entry, rule.value, tier_id);
  out.append(bytes_of(entry));
  out.append(rule.value);
}

std::string encode_journal(const JournalContents& contents) {
  Header header{
      .tier_id = contents.tier_id, .hash_seed = contents.hash_seed, .starts = contents.starts};
  header.sum = checksum(bytes_of(header).substr(kSum), 0);
  std::string out(bytes_of(header));
  for (const Rule& rule : contents.rules) append_rule(rule, contents.tier_id, out);
  return out;
}

JournalSort parse_journal(std::string_view bytes, JournalContents& out) {
  Header header;
  if (bytes.size() < sizeof(header)) return JournalSort::Alien;
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (header.magic != kMagic) return JournalSort::Alien;
  if (header.version != kFormatVersion) return JournalSort::OtherVersion;
  if (checksum(bytes_of(header).substr(kSum), 0) != header.sum) return JournalSort::Alien;
  out = {.tier_id = header.tier_id,
         .hash_seed = header.hash_seed,
         .starts = header.starts,
         .rules = {}};
  bytes.remove_prefix(sizeof(header));
  Rule rule;
  while (take_rule(bytes, out.tier_id, rule)) out.rules.push_back(std::move(rule));
  out.damaged = !bytes.empty();
  return JournalSort::Sound;
}

std::expected<std::unique_ptr<PurgeJournal>, std::string> PurgeJournal::open(
    const std::string& path, const OpenFile& open_file) {
  std::unique_ptr<PurgeJournal> journal(new PurgeJournal(path, open_file));
  auto claimed = open_file(path, 0);  // first of all: a second process must not replace it
  if (!claimed) return std::unexpected(path + ": " + claimed.error().detail);
  journal->file_ = *std::move(claimed);
  const auto bytes = read_file(path, kLimit);
  if (!bytes) return std::unexpected(bytes.error());
  JournalContents& contents = journal->contents_;
  if (*bytes && !(*bytes)->empty()) {
    switch (parse_journal(**bytes, contents)) {
      case JournalSort::Sound:
        break;
      case JournalSort::OtherVersion:
        return std::unexpected(path + ": written by another version of this program");
      case JournalSort::Alien:
        return std::unexpected(path +
                               ": not a purge journal, or damaged; without it the volumes "
                               "cannot be trusted: remove it, and they begin empty");
    }
  } else {
    contents.tier_id = random_number();
    contents.hash_seed = random_number();
  }
  ++contents.starts;
  std::vector<Rule> rules = contents.rules;
  if (auto written = journal->rewrite(std::move(rules)); !written) {
    return std::unexpected(written.error());
  }
  return journal;
}

std::expected<void, std::string> PurgeJournal::rewrite(std::vector<Rule> rules) {
  JournalContents next = contents_;
  next.rules = std::move(rules);
  const std::string bytes = encode_journal(next);
  if (auto replaced = replace_file(path_, bytes); !replaced) return replaced;
  auto file = open_file_(path_, 0);
  if (!file) {
    file_ = nullptr;  // the old file has lost its name: nothing may be promised by it
    return std::unexpected(path_ + ": " + file.error().detail);
  }
  file_ = *std::move(file);
  end_ = bytes.size();
  return {};
}

Result<void> PurgeJournal::append(std::span<const Rule> rules) {
  if (file_ == nullptr) {
    return std::unexpected(Error{Code::Io, Side::Self, true, "the purge journal is lost"});
  }
  std::string bytes;
  for (const Rule& rule : rules) append_rule(rule, contents_.tier_id, bytes);
  // After a failure the next attempt begins at the same place, over what half arrived.
  if (const auto written = file_->write(end_, bytes); !written) return written;
  if (const auto synced = file_->sync(); !synced) return synced;
  end_ += bytes.size();
  return {};
}

}  // namespace atl::disk
