#pragma once

#include "lib/base/clock.h"
#include "lib/crypto/certificate.h"

// The serial number of a certificate says when it was issued, so that "everything issued to this
// node before now" can be revoked without a list of what was.

namespace atl::trust {

// Eight bytes of Unix milliseconds, then eight random ones.
crypto::Serial make_serial(WallTime issued);
WallTime issued_at(const crypto::Serial& serial);

}  // namespace atl::trust
