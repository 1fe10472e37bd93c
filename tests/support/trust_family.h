#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "lib/crypto/certificate.h"
#include "lib/trust/credentials.h"
#include "lib/trust/serial.h"

namespace atl::testing {

// An authority in memory, and certificates of it.
class TrustFamily {
 public:
  using Hours = std::chrono::hours;

  // `age`: how long ago it was issued; it is good for ten hours.
  trust::Credentials member(const trust::Identity& who, Hours age = Hours{0}) const {
    const WallTime issued = SystemClock().wall() - age;
    const auto key = crypto::PrivateKey::generate();
    const auto certificate =
        crypto::issue(root_key_, root_, *crypto::read_request(crypto::make_request(key)),
                      {.uri = trust::to_uri(who),
                       .dns = who.kind == trust::Kind::Control ? "control.atoll" : "",
                       .serial = trust::make_serial(issued),
                       .not_before = issued - Hours{1},
                       .not_after = issued + Hours{10}});
    return *trust::make_credentials(key.to_pem(), *certificate, root_);
  }

 private:
  crypto::PrivateKey root_key_ = crypto::PrivateKey::generate();
  std::string root_ = crypto::make_root(root_key_, {.uri = "atoll://authority",
                                                    .dns = {},
                                                    .serial = trust::make_serial(WallTime{}),
                                                    .not_before = SystemClock().wall() - Hours{48},
                                                    .not_after = SystemClock().wall() + Hours{48}});
};

}  // namespace atl::testing
