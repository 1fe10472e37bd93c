#include "lib/base/directory_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>

#include "lib/base/durable_file.h"

namespace atl {

std::expected<DirectoryLock, std::string> DirectoryLock::take(const std::string& directory) {
  const auto fail = [&](std::string_view what) {
    return std::unexpected(
        fmt::format("cannot {} {}: {}", what, directory, std::generic_category().message(errno)));
  };
  if (auto made = make_directory(directory); !made) return std::unexpected(made.error());
  if (chmod(directory.c_str(), 0700) != 0) return fail("keep others out of");
  DirectoryLock lock(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (lock.descriptor_ < 0) return fail("open");
  while (flock(lock.descriptor_, LOCK_EX) != 0) {
    if (errno != EINTR) return fail("lock");
  }
  return lock;
}

DirectoryLock::~DirectoryLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace atl
