#include "edge/disk/purge_book.h"

#include <algorithm>
#include <mutex>

namespace atl::disk {

void PurgeBook::add(const Rule& rule) {
  const std::unique_lock lock(mutex_);
  add_locked(rule);
  bound();
}

void PurgeBook::add_locked(const Rule& rule) {
  if (rule.kind == Rule::Kind::Key) {
    KeyPurges& purges = keys_[rule.hash];
    uint64_t& last = rule.soft ? purges.soft : purges.hard;
    last = std::max(last, rule.sequence);
    return;
  }
  if (rule.kind == Rule::Kind::Everything && !rule.soft) return raise_locked(rule.sequence);
  // The same purge again covers all that the earlier one did.
  for (Rule& known : patterns_) {
    if (known.kind != rule.kind || known.soft != rule.soft || known.value != rule.value) continue;
    known.sequence = std::max(known.sequence, rule.sequence);
    return;
  }
  patterns_.push_back(rule);
}

void PurgeBook::raise_floor(uint64_t sequence) {
  const std::unique_lock lock(mutex_);
  raise_locked(sequence);
}

void PurgeBook::raise_locked(uint64_t sequence) {
  floor_ = std::max(floor_, sequence);
  std::erase_if(keys_, [&](const auto& entry) {
    return std::max(entry.second.hard, entry.second.soft) <= floor_;
  });
  std::erase_if(patterns_, [&](const Rule& rule) { return rule.sequence <= floor_; });
}

// Forgets the older half, and with it every record that old.
void PurgeBook::bound() {
  if (keys_.size() <= kMaxKeys && patterns_.size() <= kMaxPatterns) return;
  std::vector<uint64_t> sequences;
  if (keys_.size() > kMaxKeys) {
    for (const auto& [hash, purges] : keys_) {
      sequences.push_back(std::max(purges.hard, purges.soft));
    }
  } else {
    for (const Rule& rule : patterns_) sequences.push_back(rule.sequence);
  }
  const auto middle = sequences.begin() + static_cast<std::ptrdiff_t>(sequences.size() / 2);
  std::nth_element(sequences.begin(), middle, sequences.end());
  raise_locked(*middle);
}

bool PurgeBook::matches(const Rule& rule, const Subject& subject) const {
  switch (rule.kind) {
    case Rule::Kind::Key:
      return rule.hash == subject.hash;
    case Rule::Kind::Prefix:
      return subject.key.starts_with(rule.value);
    case Rule::Kind::Host:
      return matchers_.host(subject.key, rule.value);
    case Rule::Kind::Tag:
      return matchers_.tag(subject.head, rule.value);
    case Rule::Kind::Everything:
      return true;
  }
  return true;  // what is not understood is not served
}

Fate PurgeBook::judge(const Subject& subject) const {
  const std::shared_lock lock(mutex_);
  if (subject.sequence < floor_) return Fate::Gone;
  Fate fate = Fate::Live;
  if (const auto found = keys_.find(subject.hash); found != keys_.end()) {
    if (subject.sequence < found->second.hard) return Fate::Gone;
    if (subject.sequence < found->second.soft) fate = Fate::Soft;
  }
  for (const Rule& rule : patterns_) {
    if (subject.sequence >= rule.sequence || (rule.soft && fate == Fate::Soft)) continue;
    if (!matches(rule, subject)) continue;
    if (!rule.soft) return Fate::Gone;
    fate = Fate::Soft;
  }
  return fate;
}

std::vector<Rule> PurgeBook::rules() const {
  const std::shared_lock lock(mutex_);
  std::vector<Rule> all = patterns_;
  if (floor_ != 0) all.push_back({.sequence = floor_, .value = {}});
  for (const auto& [hash, purges] : keys_) {
    for (const bool soft : {false, true}) {
      const uint64_t sequence = soft ? purges.soft : purges.hard;
      if (sequence == 0) continue;
      all.push_back({Rule::Kind::Key, soft, sequence, hash, {}});
    }
  }
  return all;
}

size_t PurgeBook::size() const {
  const std::shared_lock lock(mutex_);
  return keys_.size() + patterns_.size();
}

}  // namespace atl::disk
