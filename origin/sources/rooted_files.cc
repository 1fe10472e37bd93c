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

std::expected<RootedFiles, std::string> RootedFiles::open(const std::string& root,
                                                          bool follow_symlinks) {
  Descriptor fd(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return std::unexpected("root " + root + ": " + strerrordesc_np(errno));
  RootedFiles files(std::move(fd), follow_symlinks);
  if (const auto probe = files.open("."); !probe) {
    const bool too_old = probe.error() == ENOSYS || probe.error() == EPERM;
    return std::unexpected("root " + root + ": " +
                           (too_old ? "the system call openat2 (Linux 5.6) is not available"
                                    : strerrordesc_np(probe.error())));
  }
  return files;
}

std::expected<Descriptor, int> RootedFiles::resolve(const std::string& relative, int flags) const {
  struct open_how how{};
  how.flags = static_cast<uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  if (!follow_symlinks_) how.resolve |= RESOLVE_NO_SYMLINKS;
  int error = 0;
  for (int i = 0; i < kAttempts; ++i) {
    const long fd = ::syscall(SYS_openat2, root_.get(), relative.c_str(), &how, sizeof how);
    if (fd >= 0) return Descriptor(static_cast<int>(fd));
    error = errno;
    if (error != EAGAIN && error != EINTR) break;
  }
  return std::unexpected(error);
}

std::expected<RootedFiles::File, int> RootedFiles::open(const std::string& relative) const {
  // First without opening: the mere opening of a device or a pipe can have effects, or block.
  auto named = resolve(relative, O_PATH);
  if (!named) return std::unexpected(named.error());
  File file;
  if (::fstat(named->get(), &file.status) != 0) return std::unexpected(errno);
  if (S_ISDIR(file.status.st_mode)) {
    file.directory = true;
    file.descriptor = std::move(*named);
    return file;
  }
  if (!S_ISREG(file.status.st_mode)) return std::unexpected(ENOENT);
  auto opened = resolve(relative, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!opened) return std::unexpected(opened.error());
  // The name may stand for another file by now.
  if (::fstat(opened->get(), &file.status) != 0) return std::unexpected(errno);
  if (!S_ISREG(file.status.st_mode)) return std::unexpected(ENOENT);
  file.descriptor = std::move(*opened);
  return file;
}

int RootedFiles::check() const {
  const auto file = open(".");
  return file ? 0 : file.error();
}

}  // namespace atl::origin
