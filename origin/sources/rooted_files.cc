#include "origin/sources/rooted_files.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace atl::origin {
namespace {

// A rename elsewhere in the tree can disturb the kernel's walk; it says EAGAIN then.
constexpr int kAttempts = 8;

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

std::expected<RootedFiles, std::string> RootedFiles::open(std::string root, bool follow_symlinks) {
  RootedFiles files(std::move(root), follow_symlinks);
  const auto probe = files.open(".");
  if (probe) return files;
  const bool too_old = probe.error().number == ENOSYS || probe.error().number == EPERM;
  return std::unexpected("root " + files.root_ + ": " +
                         (too_old ? "the system call openat2 (Linux 5.6) is not available"
                                  : strerrordesc_np(probe.error().number)));
}

std::expected<Descriptor, RootedFiles::Problem> RootedFiles::resolve(int root,
                                                                     const std::string& relative,
                                                                     int flags) const {
  struct open_how how{};
  how.flags = static_cast<uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  if (!follow_symlinks_) how.resolve |= RESOLVE_NO_SYMLINKS;
  int error = 0;
  for (int i = 0; i < kAttempts; ++i) {
    const long fd = ::syscall(SYS_openat2, root, relative.c_str(), &how, sizeof how);
    if (fd >= 0) return Descriptor(static_cast<int>(fd));
    error = errno;
    if (error != EAGAIN && error != EINTR) break;
  }
  return std::unexpected(Problem{error});
}

std::expected<RootedFiles::File, RootedFiles::Problem> RootedFiles::open(
    const std::string& relative) const {
  const Descriptor root(::open(root_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) return std::unexpected(Problem{errno, true});
  // First without opening: the mere opening of a device or a pipe can have effects, or block.
  auto named = resolve(root.get(), relative, O_PATH);
  if (!named) return std::unexpected(named.error());
  File file;
  if (::fstat(named->get(), &file.status) != 0) return std::unexpected(Problem{errno});
  if (S_ISDIR(file.status.st_mode)) {
    file.directory = true;
    file.descriptor = std::move(*named);
    return file;
  }
  if (!S_ISREG(file.status.st_mode)) return std::unexpected(Problem{ENOENT});
  auto opened = resolve(root.get(), relative, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!opened) return std::unexpected(opened.error());
  // The name may stand for another file by now.
  if (::fstat(opened->get(), &file.status) != 0) return std::unexpected(Problem{errno});
  if (!S_ISREG(file.status.st_mode)) return std::unexpected(Problem{ENOENT});
  file.descriptor = std::move(*opened);
  return file;
}

}  // namespace atl::origin
