#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "edge/disk/file.h"

namespace atl::disk {

// A device in memory that fails on demand and can lose what was not synchronised. Thread-safe;
// outlives its files.
class FakeDisk {
 public:
  struct Write {
    uint64_t at = 0;
    std::string bytes;
  };

  // Counted over all files; nullopt: never.
  std::optional<uint64_t> stop_after_writes;  // from then on every call fails, as after a power cut
  bool fail_reads = false;
  bool fail_writes = false;
  bool full = false;
  size_t short_reads = 0;  // bytes that every read lacks

  OpenFile opener() {
    return [this](const std::string& path, uint64_t size) -> Result<std::unique_ptr<File>> {
      const std::lock_guard lock(mutex_);
      std::string& bytes = durable_[path];
      if (bytes.size() < size) bytes.resize(size);
      cached_[path] = bytes;
      return std::make_unique<Handle>(*this, path);
    };
  }

  // What a restart after a power cut finds: what was synchronised, and of what was not, each write
  // whole, torn or lost, as `random` decides.
  void crash(std::mt19937& random) {
    const std::lock_guard lock(mutex_);
    for (auto& [path, writes] : unsynced_) {
      for (Write& write : writes) {
        const auto fate = random() % 3;
        if (fate == 0) continue;
        if (fate == 1) write.bytes.resize(random() % (write.bytes.size() + 1));
        put(durable_[path], write);
      }
    }
    unsynced_.clear();
    stop_after_writes = std::nullopt;
    writes_ = 0;
  }
  // A process that dies leaves the page cache behind.
  void kill() {
    const std::lock_guard lock(mutex_);
    for (auto& [path, writes] : unsynced_) {
      for (const Write& write : writes) put(durable_[path], write);
    }
    unsynced_.clear();
    stop_after_writes = std::nullopt;
    writes_ = 0;
  }
  void flip(const std::string& path, uint64_t at) {
    const std::lock_guard lock(mutex_);
    durable_[path][at] ^= 0x10;
    cached_[path][at] ^= 0x10;
  }
  std::string bytes(const std::string& path) {
    const std::lock_guard lock(mutex_);
    return cached_[path];
  }
  uint64_t writes() {
    const std::lock_guard lock(mutex_);
    return writes_;
  }

 private:
  class Handle final : public File {
   public:
    Handle(FakeDisk& disk, std::string path) : disk_(disk), path_(std::move(path)) {}
    Result<size_t> read(uint64_t at, std::span<char> out) override {
      const std::lock_guard lock(disk_.mutex_);
      if (disk_.fail_reads || disk_.stopped()) return broken();
      const std::string& bytes = disk_.cached_[path_];
      if (at >= bytes.size()) return 0;
      size_t count = bytes.copy(out.data(), out.size(), at);
      return count - std::min(count, disk_.short_reads);
    }
    Result<void> write(uint64_t at, std::string_view bytes) override {
      const std::lock_guard lock(disk_.mutex_);
      ++disk_.writes_;
      if (disk_.full) {
        return std::unexpected(Error{Code::Exhausted, Side::Self, true, "no space left"});
      }
      if (disk_.fail_writes || disk_.stopped()) return broken();
      const Write write{at, std::string(bytes)};
      put(disk_.cached_[path_], write);
      disk_.unsynced_[path_].push_back(write);
      return {};
    }
    Result<void> sync() override {
      const std::lock_guard lock(disk_.mutex_);
      if (disk_.fail_writes || disk_.stopped()) return broken();
      for (const Write& write : disk_.unsynced_[path_]) put(disk_.durable_[path_], write);
      disk_.unsynced_[path_].clear();
      return {};
    }

   private:
    static std::unexpected<Error> broken() {
      return std::unexpected(Error{Code::Io, Side::Self, true, "broken"});
    }
    FakeDisk& disk_;
    const std::string path_;
  };

  static void put(std::string& bytes, const Write& write) {
    if (bytes.size() < write.at + write.bytes.size()) bytes.resize(write.at + write.bytes.size());
    bytes.replace(write.at, write.bytes.size(), write.bytes);
  }
  bool stopped() const { return stop_after_writes && writes_ > *stop_after_writes; }

  std::mutex mutex_;
  std::map<std::string, std::string> durable_;
  std::map<std::string, std::string> cached_;
  std::map<std::string, std::vector<Write>> unsynced_;
  uint64_t writes_ = 0;
};

}  // namespace atl::disk
