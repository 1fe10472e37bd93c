#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string_view>
#include <utility>

#include "lib/base/error.h"

namespace atl {

enum class LogLevel : uint8_t { Debug, Info, Warn, Error };

// "debug", "info", "warn" or "error"; Invalid otherwise.
Result<LogLevel> parse_log_level(std::string_view text);

// Called once, by main(): program name in every line, lines to standard error.
void log_setup(std::string_view program, LogLevel level);

bool log_enabled(LogLevel level);
void log_line(LogLevel level, std::string_view text);  // any thread; control bytes are escaped

// The format string is checked at compile time; arguments are formatted only if the level is on.
// Never pass credentials, signatures or bodies.
template <class... Args>
void log_at(LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
  if (log_enabled(level)) log_line(level, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_debug(fmt::format_string<Args...> format, Args&&... args) {
  log_at(LogLevel::Debug, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  log_at(LogLevel::Info, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_warn(fmt::format_string<Args...> format, Args&&... args) {
  log_at(LogLevel::Warn, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_error(fmt::format_string<Args...> format, Args&&... args) {
  log_at(LogLevel::Error, format, std::forward<Args>(args)...);
}

}  // namespace atl
