#pragma once

#include <expected>
#include <memory>
#include <string>

#include "origin/sources/content_types.h"
#include "origin/sources/source.h"
#include "origin/sources/task_pool.h"

namespace atl::origin {

struct DirectoryOptions {
  std::string root;
  std::string index = "index.html";  // of a directory; empty: none
  std::string cache_control;         // empty: no such field
  bool follow_symlinks = false;      // true: links that stay beneath the root
};

// Files below a directory. The error is a sentence for people. `types` and `pool` must outlive it.
std::expected<std::unique_ptr<Source>, std::string> make_directory_source(DirectoryOptions options,
                                                                          const ContentTypes& types,
                                                                          TaskPool& pool);

}  // namespace atl::origin
