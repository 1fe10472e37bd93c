#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace atl::edge {

// The last good snapshot, kept so that a node can start without the control plane.
struct StoredSnapshot {
  uint64_t version = 0;
  std::string bytes;  // serialized atl.v1.Snapshot
  bool operator==(const StoredSnapshot&) const = default;
};

// File: "ATLSNAP1", version, length of the bytes, XXH3-64 of all that but itself (each 8 bytes,
// little endian), bytes.
std::string encode_snapshot_file(const StoredSnapshot& snapshot);
// The error says what is wrong. Pure; any bytes.
std::expected<StoredSnapshot, const char*> decode_snapshot_file(std::string_view file);

// Durable before it returns; the old one stays if it fails.
std::expected<void, std::string> save_snapshot(const std::string& path,
                                               const StoredSnapshot& snapshot);
// Nothing when there is none. A damaged file is renamed to "<path>.damaged", for people to look at,
// and counts as none; `warning` then names it.
std::optional<StoredSnapshot> load_snapshot(const std::string& path, std::string& warning);

}  // namespace atl::edge
