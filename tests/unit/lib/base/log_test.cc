#include "lib/base/log.h"

#include <doctest/doctest.h>

TEST_CASE("log: levels by name") {
  CHECK(atl::parse_log_level("debug") == atl::LogLevel::Debug);
  CHECK(atl::parse_log_level("error") == atl::LogLevel::Error);
  CHECK_FALSE(atl::parse_log_level("INFO"));
  CHECK_FALSE(atl::parse_log_level(""));
}
