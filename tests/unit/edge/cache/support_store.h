#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "edge/cache/object.h"
#include "edge/cache/store.h"
#include "edge/cache/vary.h"
#include "tests/unit/edge/cache/support.h"

namespace atl::cache::testing {

// A head of about 250 bytes, as an origin's usually is.
inline std::string typical_head() {
  return "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
         "Content-Type: text/html; charset=utf-8\r\nLast-Modified: Sat, 05 Nov 1994 08:49:37 "
         "GMT\r\n"
         "ETag: \"5f3c1b2a-400\"\r\nCache-Control: public, max-age=3600\r\nVia: 1.1 atoll-fra\r\n";
}

struct Ingredients {
  std::string key = "d" + std::string(1, '\0') + "example.org" + std::string(1, '\0') + "/";
  std::string variant_key = {};
  std::string head = typical_head();
  std::vector<std::string> body = {"body"};
  uint32_t lifetime = 60;
  uint16_t status = 200;
};

inline Pin make(const Ingredients& from) {
  std::vector<SegmentRef> body;
  for (const std::string& piece : from.body) body.push_back(SegmentRef::adopt(piece));
  Meta meta;
  meta.response_time = kNow;
  meta.lifetime = from.lifetime;
  auto object = make_object({.key = from.key,
                             .variant_key = from.variant_key,
                             .head = from.head,
                             .status = from.status,
                             .meta = meta},
                            std::move(body));
  return object ? std::move(*object) : Pin();
}

inline std::string body_of(const Object& object) {
  std::string out;
  for (size_t i = 0; i < object.segment_count(); ++i) out += object.segment(i);
  return out;
}

inline std::string variant_of(const char* request, const char* vary) {
  VariantKey key;
  const Section asked(request);
  const Section answered(vary);
  make_variant_key(asked, answered, key);
  return std::string(key.bytes());
}

inline Store::Found find(Store& store, std::string_view key, const char* request = "",
                         WallTime now = kNow) {
  const Section fields(request);
  return store.find(key, store.hash(key), fields, {}, now);
}

}  // namespace atl::cache::testing
