#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "edge/cache/key.h"
#include "edge/cache/object.h"
#include "edge/disk/purge_book.h"
#include "edge/disk/volume.h"
#include "tests/unit/edge/disk/fake_disk.h"

namespace atl::disk {

inline cache::Pin object(std::string_view key, std::string_view body, std::string_view variant = {},
                         std::string_view head = "HTTP/1.1 200 OK\r\nETag: \"x\"\r\n") {
  std::vector<cache::SegmentRef> segments;
  segments.push_back(cache::SegmentRef::adopt(std::string(body)));
  cache::Meta meta;
  meta.response_time = WallTime{std::chrono::milliseconds{1'700'000'000'123}};
  meta.lifetime = 60;
  meta.stale_if_error = 7;
  auto made = cache::make_object(
      {.key = key, .variant_key = variant, .head = head, .status = 203, .meta = meta},
      std::move(segments));
  REQUIRE(made);
  return *made;
}

inline std::string body_of(const cache::Pin& object) {
  std::string all;
  for (size_t i = 0; i < object->segment_count(); ++i) all += object->segment(i);
  return all;
}

// A body that shows which object and version it belongs to.
inline std::string body_for(std::string_view key, int version, size_t size) {
  std::string text = std::string(key) + "#" + std::to_string(version) + ";";
  std::string body;
  while (body.size() < size) body += text;
  body.resize(size);
  return body;
}

inline Matchers test_matchers() {
  return {.host = [](std::string_view key, std::string_view host) { return key.starts_with(host); },
          .tag = [](std::string_view head,
                    std::string_view tag) { return head.find(tag) != std::string_view::npos; }};
}

inline uint64_t hash_of(std::string_view key) { return cache::hash_key(key, 1); }

inline VolumeOptions small_volume(uint64_t regions = 8, uint64_t region_size = 64 * 1024) {
  return {.path = "volume",
          .size = kSuperblockBytes + regions * region_size,
          .region_size = region_size,
          .tier_id = 42};
}

inline std::unique_ptr<Volume> open_volume(FakeDisk& disk,
                                           const VolumeOptions& options = small_volume()) {
  auto volume = Volume::open(options, disk.opener());
  REQUIRE_MESSAGE(volume.has_value(), (volume ? "" : volume.error()));
  return *std::move(volume);
}

inline bool any_variant(std::string_view) { return true; }

inline Volume::Reading read(Volume& volume, std::string_view key, const PurgeBook& book) {
  return volume.read(key, hash_of(key), book, any_variant);
}

}  // namespace atl::disk
