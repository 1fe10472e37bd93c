#include "edge/agent/snapshot_file.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <cstdio>
#include <utility>

#include "lib/base/durable_file.h"

namespace atl::edge {
namespace {

constexpr std::string_view kMagic = "ATLSNAP1";
constexpr size_t kNumber = 8;
constexpr size_t kHeader = 8 + 3 * kNumber;
constexpr size_t kLargestFile = 256 << 20;  // bytes

void put(std::string& out, uint64_t number) {
  for (size_t i = 0; i < kNumber; ++i) out += static_cast<char>(number >> (8 * i));
}

uint64_t get(std::string_view bytes) {
  uint64_t number = 0;
  for (size_t i = kNumber; i-- > 0;) number = number << 8 | static_cast<uint8_t>(bytes[i]);
  return number;
}

// Of magic, version, length and bytes.
uint64_t sum_of(std::string_view before_sum, std::string_view bytes) {
  std::string all(before_sum);
  all += bytes;
  return XXH3_64bits(all.data(), all.size());
}

}  // namespace

std::string encode_snapshot_file(const StoredSnapshot& snapshot) {
  std::string file(kMagic);
  put(file, snapshot.version);
  put(file, snapshot.bytes.size());
  put(file, sum_of(file, snapshot.bytes));
  return file + snapshot.bytes;
}

std::expected<StoredSnapshot, const char*> decode_snapshot_file(std::string_view file) {
  if (file.size() < kHeader) return std::unexpected("it is cut off within its header");
  if (!file.starts_with(kMagic)) return std::unexpected("it is not a snapshot of this format");
  const uint64_t version = get(file.substr(8));
  const uint64_t length = get(file.substr(16));
  const uint64_t sum = get(file.substr(24));
  const std::string_view bytes = file.substr(kHeader);
  if (length != bytes.size()) return std::unexpected("it is cut off, or has bytes after its end");
  if (sum != sum_of(file.substr(0, 24), bytes)) return std::unexpected("its check sum is wrong");
  if (version == 0) return std::unexpected("it has no version");
  return StoredSnapshot{version, std::string(bytes)};
}

std::expected<void, std::string> save_snapshot(const std::string& path,
                                               const StoredSnapshot& snapshot) {
  return replace_file(path, encode_snapshot_file(snapshot));
}

std::optional<StoredSnapshot> load_snapshot(const std::string& path, std::string& warning) {
  const auto file = read_file(path, kLargestFile);
  if (!file) {
    warning = file.error();
    return std::nullopt;
  }
  if (!*file) return std::nullopt;
  auto snapshot = decode_snapshot_file(**file);
  if (snapshot) return *std::move(snapshot);
  const std::string aside = path + ".damaged";
  const bool moved = std::rename(path.c_str(), aside.c_str()) == 0;
  warning = fmt::format("{}: {}; {}", path, snapshot.error(),
                        moved ? "set aside as " + aside : "ignored");
  return std::nullopt;
}

}  // namespace atl::edge
