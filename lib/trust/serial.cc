#include "lib/trust/serial.h"

#include <span>

#include "lib/base/check.h"
#include "lib/crypto/random.h"

namespace atl::trust {
namespace {

constexpr size_t kTimeBytes = 8;

}  // namespace

crypto::Serial make_serial(WallTime issued) {
  crypto::Serial serial;
  auto time = static_cast<uint64_t>(issued.time_since_epoch().count());
  for (size_t i = kTimeBytes; i-- > 0; time >>= 8) serial[i] = static_cast<uint8_t>(time);
  serial[0] &= 0x7f;  // of clocks that are beyond reason
  ATOLL_CHECK(crypto::fill_random(std::span(serial).subspan(kTimeBytes)));
  return serial;
}

WallTime issued_at(const crypto::Serial& serial) {
  uint64_t time = 0;
  for (size_t i = 0; i < kTimeBytes; ++i) time = time << 8 | serial[i];
  return WallTime{std::chrono::milliseconds{static_cast<int64_t>(time)}};
}

}  // namespace atl::trust
