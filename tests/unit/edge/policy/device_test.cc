#include "edge/policy/device.h"

#include <doctest/doctest.h>

namespace atl::policy {
namespace {

TEST_CASE("device: the class that a User-Agent shows") {
  struct Row {
    const char* user_agent;
    Device want;
  };
  for (const Row& row : {
           Row{"", Device::Desktop},
           Row{"curl/8.0", Device::Desktop},
           Row{"Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0",
               Device::Desktop},
           Row{"Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148 Safari/604.1",
               Device::Mobile},
           Row{"Mozilla/5.0 (iPad; CPU OS 16_0 like Mac OS X) Mobile/15E148 Safari/604.1",
               Device::Tablet},
           Row{"Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/120.0 Mobile Safari/537.36",
               Device::Mobile},
           Row{"Mozilla/5.0 (Linux; Android 13; SM-X700) Chrome/120.0 Safari/537.36",
               Device::Tablet},
           Row{"Mozilla/5.0 (Android 14; Tablet; rv:120.0) Gecko/120.0", Device::Tablet},
           Row{"Opera/9.80 (J2ME/MIDP; Opera Mini/9.80) Presto/2.5", Device::Mobile},
       }) {
    CAPTURE(row.user_agent);
    CHECK(device_of(row.user_agent) == row.want);
  }
}

}  // namespace
}  // namespace atl::policy
