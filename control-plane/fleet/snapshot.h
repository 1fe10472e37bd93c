#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "control-plane/config/config.h"

namespace atl::control {

// What every node is sent. Immutable.
struct SnapshotData {
  uint64_t version = 0;
  std::string bytes;  // serialized atl.v1.Snapshot
};

// Pure. `version` 0 gives the bytes that tell whether the content changed.
std::string encode_snapshot(const Content& content, uint64_t version);

// Versions grow with every change of the content, and only then, over restarts too. One thread.
class SnapshotVersions {
 public:
  // `path`: where the last version is kept. A damaged file is named in `warning`; versions then go
  // on far above every one that may have been given out.
  static std::expected<SnapshotVersions, std::string> open(std::string path, uint64_t now_seconds,
                                                           std::string& warning);

  // Durable before it returns, so that no version is ever given to two contents.
  std::expected<std::shared_ptr<const SnapshotData>, std::string> next(const Content& content);

 private:
  explicit SnapshotVersions(std::string path) : path_(std::move(path)) {}

  std::string path_;
  uint64_t version_ = 0;
  uint64_t content_sum_ = 0;  // of version_
};

}  // namespace atl::control
