#include "origin/sources/directory.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "origin/sources/pumped_exchange.h"
#include "origin/sources/request_path.h"
#include "origin/sources/rooted_files.h"

namespace atl::origin {
namespace {

using rpc::FailureReason;

WallTime wall_now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

// Strong: another inode, size or modification time is another representation.
std::string etag_of(const struct stat& status) {
  return fmt::format("\"{:x}-{:x}-{:x}{:08x}\"", status.st_ino, status.st_size,
                     status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

// What is fixed for every exchange of one source.
struct Directory {
  DirectoryOptions options;
  RootedFiles files;
  const ContentTypes& types;
};

class FileExchange final : public PumpedExchange {
 public:
  FileExchange(const Directory& directory, TaskPool& pool,
               std::shared_ptr<const rpc::OriginRequest> request,
               std::shared_ptr<rpc::ExchangeResponder> responder)
      : PumpedExchange(pool, std::move(request), std::move(responder)), directory_(directory) {}

 private:
  std::optional<Plan> prepare(rpc::ExchangeFailure& failure) override {
    const WallTime now = wall_now();
    if (request().method != "GET" && request().method != "HEAD") {
      return plan_not_allowed(request(), now);
    }
    const auto path = parse_request_path(request().target);
    if (!path) {
      if (path.error() == PathProblem::NotAPath) return not_found(now);
      return plan_text(request(), 400, "the path is malformed\n", now);
    }
    std::string relative = path->relative;
    auto file = directory_.files.open(relative);
    if (file && file->directory && !path->directory) {
      return plan_text(request(), 301, "this is a directory\n", now,
                       fmt::format("Location: {}/{}\r\n", path->path, path->query));
    }
    if (file && file->directory) {
      if (directory_.options.index.empty()) return not_found(now);
      relative =
          relative == "." ? directory_.options.index : relative + "/" + directory_.options.index;
      file = directory_.files.open(relative);
      if (file && file->directory) return not_found(now);
    } else if (file && path->directory) {
      return not_found(now);  // a file's name with a slash after it
    }
    if (!file) return explain(file.error(), now, failure);
    return serve(std::move(*file), relative, now);
  }

  std::optional<Plan> serve(RootedFiles::File file, const std::string& relative, WallTime now) {
    file_ = std::move(file.descriptor);
    status_ = file.status;
    Representation what;
    what.size = static_cast<uint64_t>(status_.st_size);
    what.etag = etag_of(status_);
    what.last_modified = std::chrono::sys_seconds(std::chrono::seconds(status_.st_mtim.tv_sec));
    // A date in the future is no date of modification (RFC 9110 section 8.8.2.1).
    if (*what.last_modified > now) {
      what.last_modified = std::chrono::floor<std::chrono::seconds>(now);
    }
    what.content_type = directory_.types.of(relative);
    what.cache_control = directory_.options.cache_control;
    return plan_answer(request(), what, now);
  }

  Plan not_found(WallTime now) { return plan_text(request(), 404, "nothing is here\n", now); }

  std::optional<Plan> explain(RootedFiles::Problem problem, WallTime now,
                              rpc::ExchangeFailure& failure) {
    if (problem.root && problem.number != EMFILE && problem.number != ENFILE) {
      failure.detail =
          fmt::format("the root cannot be opened: {}", strerrordesc_np(problem.number));
      return std::nullopt;  // that nothing is there now does not mean 404
    }
    switch (problem.number) {
      case ENOENT:
      case ENOTDIR:
      case ELOOP:  // a symbolic link, where links are not followed
      case EXDEV:  // it leads out of the root
      case ENAMETOOLONG:
      case EINVAL:
        return not_found(now);
      case EACCES:
      case EPERM:
        return plan_text(request(), 403, "this may not be read\n", now);
      case EMFILE:
      case ENFILE:
      case ENOMEM:
      case EAGAIN:
        failure.reason = FailureReason::Overloaded;
        break;
      default:
        failure.reason = FailureReason::Internal;
        break;
    }
    failure.detail = fmt::format("the file cannot be opened: {}", strerrordesc_np(problem.number));
    return std::nullopt;
  }

  Failed fill(uint64_t offset, char* out, size_t size) override {
    for (size_t done = 0; done < size;) {
      const ssize_t n =
          ::pread(file_.get(), out + done, size - done, static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) {
        return rpc::ExchangeFailure{
            FailureReason::Internal, false,
            fmt::format("the file cannot be read: {}", strerrordesc_np(errno))};
      }
      if (n == 0) return changed();
      done += static_cast<size_t>(n);
    }
    return std::nullopt;
  }

  // What was sent may be neither the old file nor the new one: it must not count as complete.
  Failed check_end() override {
    if (!file_) return std::nullopt;
    struct stat after{};
    if (::fstat(file_.get(), &after) != 0 || !same_file(status_, after)) return changed();
    return std::nullopt;
  }

  static rpc::ExchangeFailure changed() {
    return {FailureReason::Reset, false, "the file changed while it was being sent"};
  }

  const Directory& directory_;
  Descriptor file_;
  struct stat status_{};
};

class DirectorySource final : public Source {
 public:
  DirectorySource(Directory directory, TaskPool& pool)
      : directory_(std::move(directory)), pool_(pool) {}

  std::shared_ptr<rpc::ExchangeHandler> open(
      std::shared_ptr<const rpc::OriginRequest> request,
      std::shared_ptr<rpc::ExchangeResponder> responder) override {
    auto exchange =
        std::make_shared<FileExchange>(directory_, pool_, std::move(request), std::move(responder));
    exchange->begin();
    return exchange;
  }
  std::string_view type() const override { return "directory"; }
  Readiness readiness() const override {
    const auto root = directory_.files.open(".");
    if (root) return {};
    return {false, fmt::format("root {}: {}", directory_.options.root,
                               strerrordesc_np(root.error().number))};
  }

 private:
  const Directory directory_;
  TaskPool& pool_;
};

}  // namespace

std::expected<std::unique_ptr<Source>, std::string> make_directory_source(DirectoryOptions options,
                                                                          const ContentTypes& types,
                                                                          TaskPool& pool) {
  auto files = RootedFiles::open(options.root, options.follow_symlinks);
  if (!files) return std::unexpected(files.error());
  return std::make_unique<DirectorySource>(Directory{std::move(options), std::move(*files), types},
                                           pool);
}

}  // namespace atl::origin
