#include "edge/disk/file.h"

#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <filesystem>

namespace atl::disk {
namespace {

std::unexpected<Error> failed(const char* what) {
  if (errno == ENOSPC || errno == EDQUOT) {
    return std::unexpected(Error{Code::Exhausted, Side::Self, true, "no space left on the device"});
  }
  return std::unexpected(Error{Code::Io, Side::Self, true, what});
}

class PosixFile final : public File {
 public:
  explicit PosixFile(int descriptor) : descriptor_(descriptor) {}
  ~PosixFile() override { close(descriptor_); }
  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;

  Result<size_t> read(uint64_t at, std::span<char> out) override {
    size_t done = 0;
    while (done < out.size()) {
      const ssize_t got =
          pread(descriptor_, out.data() + done, out.size() - done, static_cast<off_t>(at + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return failed("the device cannot be read");
      if (got == 0) break;
      done += static_cast<size_t>(got);
    }
    return done;
  }

  Result<void> write(uint64_t at, std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t put = pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(at));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return failed("the device cannot be written");
      bytes.remove_prefix(static_cast<size_t>(put));
      at += static_cast<uint64_t>(put);
    }
    return {};
  }

  Result<void> sync() override {
    if (fdatasync(descriptor_) != 0) return failed("the device cannot be synchronised");
    return {};
  }

  Result<void> claim(uint64_t size) {
    if (flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
      return std::unexpected(
          Error{Code::Conflict, Side::Self, false, "another process is using it"});
    }
    struct stat info{};
    if (fstat(descriptor_, &info) != 0) return failed("it cannot be examined");
    if (S_ISBLK(info.st_mode)) {
      const off_t end = lseek(descriptor_, 0, SEEK_END);
      if (end < 0 || static_cast<uint64_t>(end) < size) {
        return std::unexpected(
            Error{Code::Exhausted, Side::Self, false, "the device is smaller than the size given"});
      }
      return {};
    }
    if (!S_ISREG(info.st_mode)) {
      return std::unexpected(
          Error{Code::Invalid, Side::Self, false, "it is neither a file nor a block device"});
    }
    if (static_cast<uint64_t>(info.st_size) >= size) return {};
    if (fallocate(descriptor_, 0, 0, static_cast<off_t>(size)) == 0) return {};
    // Not every file system can reserve; then writes find out.
    if (errno != EOPNOTSUPP || ftruncate(descriptor_, static_cast<off_t>(size)) != 0) {
      return failed("its space cannot be reserved");
    }
    return {};
  }

 private:
  const int descriptor_;
};

}  // namespace

Result<std::unique_ptr<File>> open_file(const std::string& path, uint64_t size) {
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return failed("it cannot be opened for reading and writing");
  auto file = std::make_unique<PosixFile>(descriptor);
  if (const auto claimed = file->claim(size); !claimed) return std::unexpected(claimed.error());
  return file;
}

std::string check_place(const std::string& path, uint64_t size) {
  struct stat info{};
  uint64_t there = 0;
  if (stat(path.c_str(), &info) == 0) {
    if (S_ISBLK(info.st_mode)) return {};  // opening it shows its size
    if (!S_ISREG(info.st_mode)) return "is neither a file nor a block device";
    there = static_cast<uint64_t>(info.st_size);
  }
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  struct statvfs place{};
  if (statvfs(parent.empty() ? "." : parent.c_str(), &place) != 0) {
    return "is in a folder that does not exist";
  }
  const uint64_t free = uint64_t{place.f_bavail} * place.f_frsize;
  if (size > there && size - there > free) {
    return fmt::format("has {} bytes of room, the volume needs {}", free + there, size);
  }
  return {};
}

}  // namespace atl::disk
