#pragma once

#include <expected>
#include <string>
#include <utility>

namespace atl {

// Keeps other threads and processes that ask for it out of a directory of secrets for as long as it
// lives: programs and their subcommands change the same files.
class DirectoryLock {
 public:
  // Makes the directory unless it is there, and readable to its owner only. Blocks until it is
  // free. The error is a sentence.
  static std::expected<DirectoryLock, std::string> take(const std::string& directory);
  ~DirectoryLock();
  DirectoryLock(DirectoryLock&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)) {}
  DirectoryLock& operator=(DirectoryLock&&) = delete;

 private:
  explicit DirectoryLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;  // closing it lets the next one in
};

}  // namespace atl
