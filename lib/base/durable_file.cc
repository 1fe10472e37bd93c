#include "lib/base/durable_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

namespace atl {
namespace {

std::string reason(int error) { return std::generic_category().message(error); }

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close_now(); }

  bool open() const { return number_ >= 0; }
  int get() const { return number_; }
  bool close_now() { return number_ < 0 || ::close(std::exchange(number_, -1)) == 0; }

 private:
  int number_;
};

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

bool sync_directory_of(const std::string& path) {
  std::string directory = std::filesystem::path(path).parent_path().string();
  if (directory.empty()) directory = ".";
  const Descriptor descriptor(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return descriptor.open() && fsync(descriptor.get()) == 0;
}

}  // namespace

std::expected<void, std::string> replace_file(const std::string& path, std::string_view bytes,
                                              FileAccess access) {
  const std::string temporary = fmt::format("{}.new", path);
  const auto fail = [&](int error) {
    unlink(temporary.c_str());
    return std::unexpected(fmt::format("cannot write {}: {}", path, reason(error)));
  };
  // What a crash left behind may have another mode.
  if (access == FileAccess::Owner) unlink(temporary.c_str());
  Descriptor descriptor(::open(temporary.c_str(),
                               O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW |
                                   (access == FileAccess::Owner ? O_EXCL : 0),
                               access == FileAccess::Owner ? 0600 : 0640));
  if (!descriptor.open()) {
    return std::unexpected(fmt::format("cannot write {}: {}", temporary, reason(errno)));
  }
  if (!write_all(descriptor.get(), bytes) || fsync(descriptor.get()) != 0 ||
      !descriptor.close_now()) {
    return fail(errno);
  }
  if (rename(temporary.c_str(), path.c_str()) != 0) return fail(errno);
  if (!sync_directory_of(path)) {
    return std::unexpected(fmt::format("cannot make {} durable: {}", path, reason(errno)));
  }
  return {};
}

std::expected<std::optional<std::string>, std::string> read_file(const std::string& path,
                                                                 size_t limit) {
  const auto fail = [&](std::string_view why) {
    return std::unexpected(fmt::format("cannot read {}: {}", path, why));
  };
  const Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!descriptor.open()) {
    if (errno == ENOENT) return std::optional<std::string>();
    return fail(reason(errno));
  }
  std::string bytes;
  char buffer[65536];
  for (;;) {
    const ssize_t count = read(descriptor.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(reason(errno));
    if (count == 0) return bytes;
    bytes.append(buffer, static_cast<size_t>(count));
    if (bytes.size() > limit) return fail(fmt::format("it is longer than {} bytes", limit));
  }
}

std::expected<void, std::string> make_directory(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) {
    return std::unexpected(
        fmt::format("cannot create the directory {}: {}", path, error.message()));
  }
  if (access(path.c_str(), W_OK | X_OK) != 0) {
    return std::unexpected(fmt::format("cannot write into {}: {}", path, reason(errno)));
  }
  return {};
}

}  // namespace atl
