#include "control-plane/authority/directory_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "lib/base/durable_file.h"

namespace atl::control {

std::expected<DirectoryLock, std::string> DirectoryLock::take(const std::string& directory) {
  const auto fail = [&](std::string_view what) {
    return std::unexpected(
        fmt::format("cannot {} {}: {}", what, directory, std::generic_category().message(errno)));
  };
  if (auto made = make_directory(directory); !made) return std::unexpected(made.error());
  if (chmod(directory.c_str(), 0700) != 0) return fail("keep others out of");
  net::Descriptor descriptor(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!descriptor) return fail("open");
  while (flock(descriptor.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return fail("lock");
  }
  return DirectoryLock(std::move(descriptor));
}

}  // namespace atl::control
