#pragma once

#include <sys/stat.h>

#include <expected>
#include <string>
#include <string_view>

namespace atl::origin {

// A file descriptor that closes itself.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// Files below one directory, opened so that nothing outside it can be reached, not even by somebody
// who changes links and directories meanwhile: the kernel resolves the path beneath the root
// (openat2, Linux 5.6). The root itself is looked up for every file, so that it may be replaced as
// a whole, as by a link to the current release. Any thread.
class RootedFiles {
 public:
  // A sentence for people when `root` is not a directory that can be read, or the kernel is too
  // old.
  static std::expected<RootedFiles, std::string> open(std::string root, bool follow_symlinks);

  struct File {
    Descriptor descriptor;
    struct stat status{};
    bool directory = false;
  };
  struct Problem {
    int number = 0;     // errno
    bool root = false;  // it is the root that cannot be opened
  };
  // A regular file, open for reading, or a directory; anything else is ENOENT without being opened.
  std::expected<File, Problem> open(const std::string& relative) const;

 private:
  RootedFiles(std::string root, bool follow) : root_(std::move(root)), follow_symlinks_(follow) {}
  std::expected<Descriptor, Problem> resolve(int root, const std::string& relative,
                                             int flags) const;

  std::string root_;
  bool follow_symlinks_;
};

}  // namespace atl::origin
