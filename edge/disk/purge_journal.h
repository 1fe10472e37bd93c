#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "edge/disk/file.h"
#include "edge/disk/purge_book.h"

namespace atl::disk {

// What a journal holds, and what its reading found.
struct JournalContents {
  uint64_t tier_id = 0;    // volumes name it
  uint64_t hash_seed = 0;  // of keys on every volume of the tier
  uint64_t starts = 0;     // how often the tier was opened
  std::vector<Rule> rules;
  bool damaged = false;  // something after the rules cannot be read: later purges may be lost
};

enum class JournalSort : uint8_t { Sound, OtherVersion, Alien };
JournalSort parse_journal(std::string_view bytes, JournalContents& out);
std::string encode_journal(const JournalContents& contents);
void append_rule(const Rule& rule, uint64_t tier_id, std::string& out);

// The purges of a tier, in a file beside the node's other state: so they stay true after a crash,
// and when a volume that was away comes back. One thread at a time.
class PurgeJournal {
 public:
  // Reads the journal, or begins one; then writes it anew with one more start. A damaged journal
  // keeps its identity but says `damaged`. Error: a sentence.
  static std::expected<std::unique_ptr<PurgeJournal>, std::string> open(const std::string& path,
                                                                        const OpenFile& open_file);

  const JournalContents& contents() const { return contents_; }

  // Both are durable when they return.
  Result<void> append(std::span<const Rule> rules);
  std::expected<void, std::string> rewrite(std::vector<Rule> rules);

  uint64_t bytes() const { return end_; }
  // Lets go of the file; append() fails from then on.
  void close() { file_ = nullptr; }

 private:
  PurgeJournal(std::string path, OpenFile open_file)
      : path_(std::move(path)), open_file_(std::move(open_file)) {}

  const std::string path_;
  const OpenFile open_file_;
  std::unique_ptr<File> file_;
  JournalContents contents_;
  uint64_t end_ = 0;
};

}  // namespace atl::disk
