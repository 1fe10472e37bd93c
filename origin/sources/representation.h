#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/clock.h"
#include "lib/rpc/exchange_handler.h"

// How something with a size and a validator answers GET and HEAD: conditions and ranges (RFC 9110
// sections 13 and 14). Pure.

namespace atl::origin {

struct Representation {
  uint64_t size = 0;
  std::string etag;  // strong, quoted
  std::optional<std::chrono::sys_seconds> last_modified;
  std::string content_type;
  std::string cache_control;  // empty: no such field
};

// A response head and which bytes of the representation follow it.
struct Plan {
  rpc::OriginResponse head;
  uint64_t offset = 0;
  uint64_t length = 0;
  std::string text;  // the body itself, when it is not of the representation (errors)
};

// `request.method` is GET or HEAD.
Plan plan_answer(const rpc::OriginRequest& request, const Representation& what, WallTime now);

// A short answer in plain text; without a body for HEAD. `fields`: further field lines.
Plan plan_text(const rpc::OriginRequest& request, uint16_t status, std::string_view text,
               WallTime now, std::string_view fields = {});

// 405 for anything but GET and HEAD, which the caller has found.
Plan plan_not_allowed(const rpc::OriginRequest& request, WallTime now);

}  // namespace atl::origin
