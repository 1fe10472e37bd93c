#pragma once

#include <expected>
#include <string>

#include "lib/net/descriptor.h"

namespace atl::control {

// Keeps other processes that ask for it out of a directory for as long as it lives: the program and
// its subcommands change the same files.
class DirectoryLock {
 public:
  // Makes the directory, readable to its owner only, unless it is there. Waits for its turn.
  static std::expected<DirectoryLock, std::string> take(const std::string& directory);

 private:
  explicit DirectoryLock(net::Descriptor descriptor) : descriptor_(std::move(descriptor)) {}
  net::Descriptor descriptor_;
};

}  // namespace atl::control
