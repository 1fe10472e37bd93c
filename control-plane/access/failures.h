#pragma once

#include <chrono>
#include <cstdint>
#include <map>

#include "lib/base/clock.h"
#include "lib/geo/address.h"

namespace atl::control {

// Counts wrong tokens by who showed them: an IPv4 address or an IPv6 /64. Bounded, whatever comes.
// Time is an argument. One thread.
//
// It does not protect tokens from being guessed (192 bits do), but the log from being filled and
// the machine from being kept busy; so it never shuts out a good token of the same address.
class Failures {
 public:
  static constexpr uint32_t kFree = 10;          // of one client in a window; then 429
  static constexpr size_t kMostClients = 4096;   // remembered
  static constexpr uint32_t kMostReported = 64;  // clients reported in a window
  static constexpr std::chrono::seconds kWindow{60};

  struct Verdict {
    bool report = false;  // the client's first one in its window
    bool limited = false;
  };
  Verdict count(const geo::Address& client, MonoTime now);

 private:
  struct Client {
    MonoTime begun;
    uint32_t failures = 0;
  };
  void make_room(MonoTime now);

  std::map<geo::Address, Client> clients_;
  MonoTime window_{};
  uint32_t reported_ = 0;  // in it
};

}  // namespace atl::control
