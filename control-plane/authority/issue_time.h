#pragma once

#include <expected>
#include <string>

#include "lib/base/clock.h"

namespace atl::control {

// The time for the serial number of what is issued now: later than every one before it, also if the
// clock was put back meanwhile, so that a revocation with such a time is of everything before it.
// Whoever asks holds the lock of `directory`, the authority's. Durable before it returns. The error
// is a sentence.
std::expected<WallTime, std::string> next_issue_time(const std::string& directory, WallTime now);

}  // namespace atl::control
