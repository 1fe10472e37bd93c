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
// (openat2, Linux 5.6). Any thread.
class RootedFiles {
 public:
  // A sentence for people when `root` is not a directory that can be read, or the kernel is too
  // old.
  static std::expected<RootedFiles, std::string> open(const std::string& root,
                                                      bool follow_symlinks);

  struct File {
    Descriptor descriptor;
    struct stat status{};
    bool directory = false;
  };
  // A regular file, open for reading, or a directory; anything else is ENOENT without being opened.
  // The error is an errno value.
  std::expected<File, int> open(const std::string& relative) const;

  // 0, or why the root cannot be used at the moment.
  int check() const;

 private:
  RootedFiles(Descriptor root, bool follow) : root_(std::move(root)), follow_symlinks_(follow) {}
  std::expected<Descriptor, int> resolve(const std::string& relative, int flags) const;

  Descriptor root_;
  bool follow_symlinks_;
};

}  // namespace atl::origin
