#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

namespace atl {

// What went wrong. Expected outcomes (a cache miss, "not found") are ordinary results, not codes.
enum class Code : uint8_t {
  Invalid,      // the input breaks its format
  TooLarge,     // the input breaks a limit
  Unsupported,  // well-formed, but not something this program does
  Timeout,
  Refused,    // the other side said no
  Closed,     // the other side went away
  Cancelled,  // we no longer want it
  Exhausted,  // no room: memory, descriptors, a bounded queue
  NotFound,
  Conflict,
  Io,        // the operating system failed us
  Internal,  // a bug here
};

// Whose doing it was.
enum class Side : uint8_t { Client, Upstream, Self };

// Small and trivially copyable; `detail` is static text, never built at run time.
struct Error {
  Code code = Code::Internal;
  Side side = Side::Self;
  bool retryable = false;
  const char* detail = "";
};

template <class T>
using Result = std::expected<T, Error>;

std::string_view to_string(Code code);
std::string_view to_string(Side side);

}  // namespace atl
